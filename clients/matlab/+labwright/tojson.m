function text = tojson(value)
%TOJSON  A value as JSON: numbers with all their digits, cells as lists, structs as objects.
%   Missing values (NaN, []) are null. What labwright.raw holds is JSON already.
    if ischar(value)
        text = text_(value);
    elseif isnumeric(value) && isscalar(value) && isreal(value)
        text = number_(full(value));
    elseif iscell(value)
        pieces = cellfun(@labwright.tojson, value(:)', 'UniformOutput', false);
        text = ['[' strjoin(pieces, ',') ']'];
    elseif isstruct(value)
        text = struct_(value);
    elseif isa(value, 'labwright.Raw')
        text = value.text;
    elseif isa(value, 'string')
        text = text_(char(value));
    elseif isa(value, 'datetime')
        text = text_(char(value, 'yyyy-MM-dd HH:mm:ss.SSSSSS'));
    elseif islogical(value)
        text = each_(value, @(one) words_(one));
    elseif isnumeric(value)
        if ~isreal(value)
            error('labwright:refused', 'JSON has no complex numbers.');
        end
        text = each_(value, @number_);
    else
        error('labwright:refused', 'JSON has no form for a value of the class %s.', class(value));
    end
end

function text = each_(value, write)
    if isempty(value)
        text = 'null';
    elseif isscalar(value)
        text = write(value);
    elseif isvector(value)
        text = ['[' strjoin(arrayfun(write, value(:)', 'UniformOutput', false), ',') ']'];
    else
        rows = cell(1, size(value, 1));
        for index = 1:size(value, 1)
            rows{index} = each_(reshape(value(index, :), 1, []), write);
        end
        text = ['[' strjoin(rows, ',') ']'];
    end
end

function text = words_(one)
    if one
        text = 'true';
    else
        text = 'false';
    end
end

function text = number_(one)
    if isinteger(one)
        text = sprintf('%d', one);
    elseif isnan(one)
        text = 'null';
    elseif isinf(one)
        text = text_(regexprep(sprintf('%g', sign(one)), '1', 'Infinity'));
    elseif one == fix(one) && abs(one) < 2^53
        text = sprintf('%.0f', one);
    else
        text = sprintf('%.17g', one);
    end
end

function text = struct_(value)
    if ~isscalar(value)
        pieces = cell(1, numel(value));
        for index = 1:numel(value)
            pieces{index} = struct_(value(index));
        end
        text = ['[' strjoin(pieces, ',') ']'];
        return
    end
    names = fieldnames(value);
    pieces = cell(1, numel(names));
    for index = 1:numel(names)
        pieces{index} = [text_(names{index}) ':' labwright.tojson(value.(names{index}))];
    end
    text = ['{' strjoin(pieces, ',') '}'];
end

function text = text_(given)
    text = strrep(strrep(given, '\', '\\'), '"', '\"');
    if any(double(text) < 32)
        for code = unique(double(text(double(text) < 32)))
            text = strrep(text, char(code), sprintf('\\u%04x', code));
        end
    end
    text = ['"' text '"'];
end
