function bytes = utf8(text)
%UTF8  The bytes of a text: in Octave a text is these bytes already.
%   BYTES = labwright.utf8(TEXT) is a row of uint8.
    if exist('OCTAVE_VERSION', 'builtin')
        bytes = uint8(text);
    else
        bytes = unicode2native(text, 'UTF-8');
    end
end
