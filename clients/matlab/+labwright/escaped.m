function text = escaped(given)
%ESCAPED  Text as a part of an address.
    if exist('OCTAVE_VERSION', 'builtin')
        bytes = uint8(given);
    else
        bytes = unicode2native(given, 'UTF-8');
    end
    plain = (bytes >= 'a' & bytes <= 'z') | (bytes >= 'A' & bytes <= 'Z') | (bytes >= '0' & bytes <= '9') ...
            | ismember(bytes, uint8('-._~,'));
    pieces = cell(1, numel(bytes));
    for index = 1:numel(bytes)
        if plain(index)
            pieces{index} = char(bytes(index));
        else
            pieces{index} = sprintf('%%%02X', bytes(index));
        end
    end
    text = ['' pieces{:}];
end
