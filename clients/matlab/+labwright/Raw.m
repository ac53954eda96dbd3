classdef Raw
%RAW  JSON that is written as it is.
    properties
        text
    end
    methods
        function self = Raw(text)
            self.text = text;
        end
    end
end
