function value = fromblob(bytes)
%FROMBLOB  The value of a blob. Lists and tuples of Python become cells, dicts structs, None is [].
%   A dict whose names cannot be those of fields becomes a cell with two columns: names and values.
    bytes = uint8(bytes(:)');
    if starts_(bytes, 'ZL123')
        error('labwright:refused', 'This blob is compressed; ask the server for its bytes as they are.');
    end
    if ~starts_(bytes, 'mYm') && ~starts_(bytes, 'dj0')
        error('labwright:refused', 'This is no blob.');
    end
    [value, place] = value_(bytes, 5);
    if place ~= numel(bytes) + 1
        error('labwright:refused', 'This blob is damaged: there are bytes behind its value.');
    end
end

function yes = starts_(bytes, head)
    yes = numel(bytes) > numel(head) && isequal(char(bytes(1:numel(head))), head) && bytes(numel(head) + 1) == 0;
end

function [value, place] = value_(bytes, place)
    kind = bytes(place);
    place = place + 1;
    switch kind
        case double('A')
            [value, place] = array_(bytes, place);
        case double('C')
            [shape, place] = shape_(bytes, place);
            [items, place] = items_(bytes, place, prod(shape));
            value = reshape(items, shape);
        case double('S')
            [value, place] = struct_(bytes, place);
        case double('P')
            [value, place] = sparse_(bytes, place);
        case double('F')
            [value, place] = record_(bytes, place);
        case {1, 2, 3}
            [count, place] = whole_(bytes, place, 1, 'uint64');
            [value, place] = items_(bytes, place, count);
        case 4
            [value, place] = dict_(bytes, place);
        case 5
            [raw, place] = raw_(bytes, place);
            value = text_(raw);
        case 6
            [value, place] = raw_(bytes, place);
        case 10
            [value, place] = integer_(bytes, place);
        case 11
            value = bytes(place) ~= 0;
            place = place + 1;
        case 12
            pair = typecast(bytes(place:place + 15), 'double');
            value = complex(pair(1), pair(2));
            place = place + 16;
        case 13
            value = typecast(bytes(place:place + 7), 'double');
            place = place + 8;
        case double('d')
            [raw, place] = raw_(bytes, place);
            value = char(raw);
        case double('t')
            day = typecast(bytes(place:place + 3), 'int32');
            moment = typecast(bytes(place + 4:place + 11), 'int64');
            value = moment_(double(day), double(moment));
            place = place + 12;
        case double('u')
            hex = lower(reshape(dec2hex(bytes(place:place + 15), 2)', 1, []));
            value = [hex(1:8) '-' hex(9:12) '-' hex(13:16) '-' hex(17:20) '-' hex(21:32)];
            place = place + 16;
        case 255
            value = [];
        otherwise
            error('labwright:refused', 'This blob is damaged, or of a newer kind: %d.', kind);
    end
end

function [numbers, place] = whole_(bytes, place, count, kind)
    width = 4 + 4 * strcmp(kind, 'uint64');
    last = place + width * count - 1;
    if last > numel(bytes)
        error('labwright:refused', 'This blob is damaged: it ends too early.');
    end
    numbers = zeros(1, 0);
    if count > 0
        numbers = double(typecast(bytes(place:last), kind));
    end
    place = last + 1;
end

function [shape, place] = shape_(bytes, place)
    [count, place] = whole_(bytes, place, 1, 'uint64');
    [shape, place] = whole_(bytes, place, count, 'uint64');
    if count == 0
        shape = [1 1];
    elseif count == 1
        shape = [shape 1];
    end
end

function [items, place] = items_(bytes, place, count)
    items = cell(1, count);
    for index = 1:count
        [items{index}, place] = item_(bytes, place);
    end
end

function [value, place] = item_(bytes, place)
    [width, place] = whole_(bytes, place, 1, 'uint64');
    value = value_(bytes, place);
    place = place + width;
end

function [raw, place] = raw_(bytes, place)
    [width, place] = whole_(bytes, place, 1, 'uint64');
    raw = bytes(place:place + width - 1);
    place = place + width;
end

function [value, place] = array_(bytes, place)
    [shape, place] = shape_(bytes, place);
    [head, place] = whole_(bytes, place, 2, 'uint32');
    count = prod(shape);
    if head(1) == 5
        [items, place] = items_(bytes, place, count);
        value = reshape(items, shape);
        return
    end
    if head(1) >= 65536
        [numbers, place] = elements_(bytes, place, count, 'int64');
        value = reshape(numbers, shape);
        return
    end
    kinds = {'', '', 'uint8', 'uint16', '', 'double', 'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', ...
             'uint32', 'int64', 'uint64'};
    [value, place] = elements_(bytes, place, count, kinds{head(1)});
    if head(2)
        [imaginary, place] = elements_(bytes, place, count, kinds{head(1)});
        value = complex(value, imaginary);
    end
    if head(1) == 3
        value = value ~= 0;
    elseif head(1) == 4
        if shape(1) == 1 && numel(shape) == 2
            value = utf8_(value);
            return
        end
        value = char(value);
    end
    value = reshape(value, shape);
end

function [value, place] = elements_(bytes, place, count, kind)
    widths = struct('double', 8, 'single', 4, 'int8', 1, 'uint8', 1, 'int16', 2, 'uint16', 2, 'int32', 4, ...
                    'uint32', 4, 'int64', 8, 'uint64', 8);
    last = place + widths.(kind) * count - 1;
    if last > numel(bytes)
        error('labwright:refused', 'This blob is damaged: it ends too early.');
    end
    if count == 0
        value = feval(kind, zeros(1, 0));
    else
        value = typecast(bytes(place:last), kind);
    end
    place = last + 1;
end

function text = utf8_(units)
    if exist('OCTAVE_VERSION', 'builtin') && any(units > 127)
        text = native2unicode(typecast(units, 'uint8'), 'UTF-16LE');
    else
        text = char(units);
    end
end

function text = text_(raw)
    if exist('OCTAVE_VERSION', 'builtin')
        text = char(raw);
    else
        text = native2unicode(raw, 'UTF-8');
    end
end

function [value, place] = struct_(bytes, place)
    [shape, place] = shape_(bytes, place);
    [count, place] = whole_(bytes, place, 1, 'uint32');
    [names, place] = names_(bytes, place, count);
    [items, place] = items_(bytes, place, count * prod(shape));
    if count == 0
        value = repmat(struct(), shape);
    else
        value = cell2struct(reshape(items, [count prod(shape)]), names, 1);
        value = reshape(value, shape);
    end
end

function [names, place] = names_(bytes, place, count)
    names = cell(1, count);
    for index = 1:count
        last = place + find(bytes(place:end) == 0, 1) - 2;
        names{index} = char(bytes(place:last));
        place = last + 2;
    end
end

function [value, place] = record_(bytes, place)
    [count, place] = whole_(bytes, place, 1, 'uint32');
    [names, place] = names_(bytes, place, count);
    value = struct();
    for index = 1:count
        [value.(names{index}), place] = value_(bytes, place);
    end
end

function [value, place] = sparse_(bytes, place)
    [head, place] = whole_(bytes, place, 3, 'uint64');
    [kind, place] = whole_(bytes, place, 2, 'uint32');
    [starts, place] = whole_(bytes, place, head(2) + 1, 'uint64');
    count = starts(end);
    [rows, place] = whole_(bytes, place, head(3), 'uint64');
    kinds = {'', '', 'uint8', '', '', 'double'};
    [elements, place] = elements_(bytes, place, head(3), kinds{kind(1)});
    if kind(2)
        [imaginary, place] = elements_(bytes, place, head(3), kinds{kind(1)});
        elements = complex(elements, imaginary);
    end
    columns = zeros(1, count);
    for index = 1:head(2)
        columns(starts(index) + 1:starts(index + 1)) = index;
    end
    elements = double(elements(1:count));
    value = sparse(rows(1:count) + 1, columns, elements, head(1), head(2));
    if kind(1) == 3
        value = value ~= 0;
    end
end

function [value, place] = dict_(bytes, place)
    [count, place] = whole_(bytes, place, 1, 'uint64');
    names = cell(1, count);
    items = cell(1, count);
    for index = 1:count
        [names{index}, place] = item_(bytes, place);
        [items{index}, place] = item_(bytes, place);
    end
    if all(cellfun(@(name) ischar(name) && isvarname(name), names))
        value = struct();
        for index = 1:count
            value.(names{index}) = items{index};
        end
    else
        value = [names(:) items(:)];
    end
end

function [value, place] = integer_(bytes, place)
    width = double(typecast(bytes(place:place + 1), 'uint16'));
    raw = bytes(place + 2:place + 1 + width);
    place = place + 2 + width;
    if width > 8
        value = 0;
        for index = width:-1:1
            value = value * 256 + double(raw(index));
        end
        value = value - (raw(end) > 127) * 256^width;
        return
    end
    fill = uint8(255 * (width > 0 && raw(end) > 127));
    exact = typecast([raw repmat(fill, 1, 8 - width)], 'int64');
    value = exact;
    if abs(double(exact)) < 2^53
        value = double(exact);
    end
end

function text = moment_(day, moment)
    text = '';
    if day >= 0
        text = sprintf('%04d-%02d-%02d', fix(day / 10000), mod(fix(day / 100), 100), mod(day, 100));
    end
    if moment >= 0
        seconds = fix(moment / 1e6);
        clock_ = sprintf('%02d:%02d:%02d', fix(seconds / 10000), mod(fix(seconds / 100), 100), mod(seconds, 100));
        if mod(moment, 1e6)
            clock_ = [clock_ sprintf('.%06d', mod(moment, 1e6))];
        end
        text = strtrim([text ' ' clock_]);
    end
end
