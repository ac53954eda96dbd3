function bytes = toblob(value)
%TOBLOB  A value as the bytes of a blob, which Python and MATLAB read: see "The blob format" in the documentation.
%   Numbers, logicals, characters, complex numbers, sparse matrices, cells and structs, within each other.
    bytes = [uint8('mYm') uint8(0) value_(value)];
end

function bytes = value_(value)
    if iscell(value)
        pieces = cellfun(@item_, value(:)', 'UniformOutput', false);
        bytes = [uint8('C') shape_(value) pieces{:}];
    elseif isstruct(value)
        names = fieldnames(value);
        heads = cellfun(@(name) [uint8(name) uint8(0)], names(:)', 'UniformOutput', false);
        content = struct2cell(value(:));
        pieces = cellfun(@item_, content(:)', 'UniformOutput', false);
        bytes = [uint8('S') shape_(value) whole_(numel(names), 'uint32') heads{:} pieces{:}];
    elseif issparse(value)
        bytes = sparse_(value);
    elseif isnumeric(value) || islogical(value) || ischar(value)
        bytes = array_(value);
    elseif isa(value, 'string')
        bytes = value_(char(value));
    else
        error('labwright:refused', 'A value of the class %s cannot be stored as a blob.', class(value));
    end
end

function bytes = item_(value)
    packed = value_(value);
    bytes = [whole_(numel(packed), 'uint64') packed];
end

function bytes = shape_(value)
    bytes = [whole_(ndims(value), 'uint64') whole_(size(value), 'uint64')];
end

function bytes = array_(value)
    codes = struct('logical', 3, 'char', 4, 'double', 6, 'single', 7, 'int8', 8, 'uint8', 9, 'int16', 10, ...
                   'uint16', 11, 'int32', 12, 'uint32', 13, 'int64', 14, 'uint64', 15);
    kind = codes.(class(value));
    if ischar(value)
        value = utf16_(value);
        parts = {bytes_(value)};
    elseif islogical(value)
        parts = {uint8(value(:)')};
    elseif isreal(value)
        parts = {bytes_(value)};
    else
        parts = {bytes_(real(value)), bytes_(imag(value))};
    end
    bytes = [uint8('A') shape_(value) whole_(kind, 'uint32') whole_(numel(parts) - 1, 'uint32') parts{:}];
end

function units = utf16_(text)
%   Characters as units of two bytes; the text of Octave is UTF-8.
    if exist('OCTAVE_VERSION', 'builtin') && size(text, 1) == 1 && any(text > 127)
        swapped = unicode2native(text, 'UTF-16LE');
        units = typecast(uint8(swapped), 'uint16');
    else
        units = reshape(uint16(text), size(text));
    end
end

function bytes = bytes_(value)
    if isempty(value)
        bytes = uint8(zeros(1, 0));
    else
        bytes = typecast(reshape(value, 1, []), 'uint8');
    end
end

function bytes = sparse_(value)
    [rows, columns, elements] = find(value);
    if islogical(value)
        kind = 3; parts = {uint8(elements(:)')};
    elseif isreal(value)
        kind = 6; parts = {bytes_(elements)};
    else
        kind = 6; parts = {bytes_(real(elements)), bytes_(imag(elements))};
    end
    starts = [0 cumsum(accumarray(columns(:), 1, [size(value, 2) 1])')];
    bytes = [uint8('P') whole_([size(value) numel(elements)], 'uint64') whole_(kind, 'uint32') ...
             whole_(numel(parts) - 1, 'uint32') whole_(starts, 'uint64') whole_(rows(:)' - 1, 'uint64') parts{:}];
end

function bytes = whole_(numbers, kind)
    if isempty(numbers)
        bytes = uint8(zeros(1, 0));
    else
        bytes = typecast(feval(kind, numbers(:)'), 'uint8');
    end
end
