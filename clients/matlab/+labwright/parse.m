function tree = parse(what, text)
%PARSE  A condition ('weight > 20 and sex = ''F'''), a value ('weight / 1000') or a summary ('max(weight)') as the
%   tree that the server takes. The text itself is never sent.
    state = struct('words', {words_(text)}, 'place', 1, 'text', text);
    switch what
        case 'condition'
            [tree, state] = either_(state);
        case 'value'
            [tree, state] = sum_(state);
        case 'summary'
            [tree, state] = summary_(state);
    end
    if state.place <= numel(state.words)
        fail_(state, 'the end');
    end
end

function words = words_(text)
    pattern = '''(?:[^'']|'''')*''|"(?:[^"]|"")*"|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|<=|>=|<>|!=|[-+*/%(),=<>]';
    [words, rest] = regexp(text, pattern, 'match', 'split');
    if ~isempty(strtrim([rest{:}]))
        error('labwright:refused', 'There is %s in "%s", which has no meaning.', strtrim([rest{:}]), text);
    end
end

function word = word_(state)
    word = '';
    if state.place <= numel(state.words)
        word = state.words{state.place};
    end
end

function [yes, state] = accept_(state, varargin)
    yes = any(strcmpi(word_(state), varargin));
    state.place = state.place + yes;
end

function state = expect_(state, word)
    [yes, state] = accept_(state, word);
    if ~yes
        fail_(state, word);
    end
end

function fail_(state, wanted)
    found = word_(state);
    if isempty(found)
        found = 'the end';
    end
    error('labwright:refused', 'Expected %s, found %s, in "%s".', wanted, found, state.text);
end

function [tree, state] = either_(state)
    [tree, state] = both_(state);
    found = {tree};
    [more, state] = accept_(state, 'or');
    while more
        [found{end + 1}, state] = both_(state); %#ok<AGROW>
        [more, state] = accept_(state, 'or');
    end
    if numel(found) > 1
        tree = struct('any', {found});
    end
end

function [tree, state] = both_(state)
    [tree, state] = one_(state);
    found = {tree};
    [more, state] = accept_(state, 'and');
    while more
        [found{end + 1}, state] = one_(state); %#ok<AGROW>
        [more, state] = accept_(state, 'and');
    end
    if numel(found) > 1
        tree = struct('all', {found});
    end
end

function [tree, state] = one_(state)
    [negated, state] = accept_(state, 'not');
    if negated
        [inner, state] = one_(state);
        tree = struct('not', inner);
        return
    end
    [nested, state] = accept_(state, '(');
    if nested
        [tree, state] = either_(state);
        state = expect_(state, ')');
        return
    end
    [name, state] = name_(state);
    [tree, state] = compared_(state, name);
end

function [name, state] = name_(state)
    name = word_(state);
    if isempty(regexp(name, '^[a-z][a-z0-9_]*$', 'once'))
        fail_(state, 'an attribute');
    end
    state.place = state.place + 1;
end

function [tree, state] = compared_(state, name)
    [is, state] = accept_(state, 'is');
    if is
        [not_, state] = accept_(state, 'not');
        state = expect_(state, 'null');
        names = {'is_null', 'not_null'};
        tree = struct('attribute', name, 'is', names{1 + not_});
        return
    end
    [negated, state] = accept_(state, 'not');
    operator = lower(word_(state));
    state.place = state.place + 1;
    switch operator
        case 'in'
            [list, state] = list_(state);
            tree = struct('attribute', name, 'is', 'in', 'value', {list});
        case 'between'
            [low, state] = literal_(state);
            state = expect_(state, 'and');
            [high, state] = literal_(state);
            tree = struct('attribute', name, 'is', 'between', 'value', {{low, high}});
        case 'like'
            [pattern, state] = literal_(state);
            tree = like_(name, pattern);
        otherwise
            signs = struct('word', {'=', '!=', '<>', '<', '<=', '>', '>='}, ...
                           'is', {'eq', 'ne', 'ne', 'lt', 'le', 'gt', 'ge'});
            found = strcmp({signs.word}, operator);
            if ~any(found) || negated
                state.place = state.place - 1;
                fail_(state, 'a comparison');
            end
            [value, state] = literal_(state);
            tree = struct('attribute', name, 'is', signs(found).is, 'value', {value});
    end
    if negated
        tree = struct('not', tree);
    end
end

function tree = like_(name, pattern)
    inner = regexprep(pattern, '^%|%$', '');
    if any(inner == '%' | inner == '_') || pattern(end) ~= '%'
        error('labwright:refused', 'like takes ''begins%%'' and ''%%contains%%''; this is %s.', pattern);
    end
    kinds = {'startswith', 'contains'};
    tree = struct('attribute', name, 'is', kinds{1 + (pattern(1) == '%')}, 'value', inner);
end

function [list, state] = list_(state)
    state = expect_(state, '(');
    list = {};
    more = true;
    while more
        [list{end + 1}, state] = literal_(state); %#ok<AGROW>
        [more, state] = accept_(state, ',');
    end
    state = expect_(state, ')');
end

function [value, state] = literal_(state)
    [minus_, state] = accept_(state, '-');
    word = word_(state);
    if isempty(word)
        fail_(state, 'a value');
    elseif any(word(1) == '''"')
        value = strrep(word(2:end - 1), [word(1) word(1)], word(1));
    elseif any(strcmpi(word, {'true', 'false'}))
        value = strcmpi(word, 'true');
    elseif strcmpi(word, 'null')
        value = [];
    elseif ~isempty(regexp(word, '^[\d.]', 'once'))
        value = labwright.Raw([repmat('-', 1, minus_) regexprep(regexprep(word, '^\.', '0.'), '\.(?=$|[eE])', '')]);
    else
        fail_(state, 'a value; texts stand between quotes');
    end
    state.place = state.place + 1;
end

function [tree, state] = summary_(state)
    fn = lower(word_(state));
    if ~any(strcmp(fn, {'count', 'sum', 'avg', 'min', 'max', 'std'}))
        fail_(state, 'one of count, sum, avg, min, max, std');
    end
    state.place = state.place + 1;
    state = expect_(state, '(');
    [distinct, state] = accept_(state, 'distinct');
    tree = struct('fn', fn, 'distinct', logical(distinct));
    [all_, state] = accept_(state, '*');
    if ~all_
        [tree.of, state] = sum_(state);
    end
    state = expect_(state, ')');
end

function [tree, state] = sum_(state)
    [tree, state] = chain_(state, @product_, {'+', 'add'; '-', 'subtract'});
end

function [tree, state] = product_(state)
    [tree, state] = chain_(state, @factor_, {'*', 'multiply'; '/', 'divide'; '%', 'mod'});
end

function [tree, state] = chain_(state, inner, signs)
    [tree, state] = inner(state);
    found = strcmp(signs(:, 1), word_(state));
    while any(found)
        state.place = state.place + 1;
        [right, state] = inner(state);
        tree = struct('fn', signs{found, 2}, 'args', {{tree, right}});
        found = strcmp(signs(:, 1), word_(state));
    end
end

function [tree, state] = factor_(state)
    word = word_(state);
    if strcmp(word, '(')
        state.place = state.place + 1;
        [tree, state] = sum_(state);
        state = expect_(state, ')');
    elseif strcmp(word, '-')
        state.place = state.place + 1;
        [inner, state] = factor_(state);
        tree = struct('fn', 'negate', 'args', {{inner}});
    elseif ~isempty(word) && any(word(1) == '''"')
        [value, state] = literal_(state);
        tree = struct('text', value);
    elseif ~isempty(regexp(word, '^[\d.]', 'once'))
        [tree, state] = literal_(state);
    else
        [tree, state] = name_(state);
        [called, state] = accept_(state, '(');
        if called
            [args, state] = arguments_(state);
            tree = struct('fn', tree, 'args', {args});
        end
    end
end

function [args, state] = arguments_(state)
    args = {};
    more = true;
    while more
        [args{end + 1}, state] = sum_(state); %#ok<AGROW>
        [more, state] = accept_(state, ',');
    end
    state = expect_(state, ')');
end
