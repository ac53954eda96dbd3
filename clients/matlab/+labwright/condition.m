function tree = condition(given)
%CONDITION  What may follow & and -: a text, a struct with values (several: any of them), a query, a cell (any of them).
    if ischar(given) || isa(given, 'string')
        tree = labwright.parse('condition', char(given));
    elseif isa(given, 'labwright.Query')
        tree = struct('within', given.tree);
    elseif iscell(given)
        tree = struct('any', {cellfun(@labwright.condition, given(:)', 'UniformOutput', false)});
    elseif isstruct(given) && isscalar(given)
        tree = struct('equal', given);
    elseif isstruct(given)
        tree = struct('any', {arrayfun(@(one) struct('equal', one), given(:)', 'UniformOutput', false)});
    else
        error('labwright:refused', 'A condition is a text, a struct, a query or a cell of these, not a %s.', class(given));
    end
end
