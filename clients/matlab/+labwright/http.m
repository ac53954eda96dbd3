function [status, bytes] = http(folder, method, url, token, body, kind)
%HTTP  Send a request by curl, which Windows, macOS and Linux have, and give the status and the bytes that come back.
%   The token stands in a file that only its owner can read, and in no command line.
    config = labwright.request(folder, method, url, token, body, kind);
    answer = [config '.answer'];
    [failed, told] = system([curl_() ' --config ' labwright.quoted(config)]);
    bytes = uint8([]);
    file = fopen(answer, 'r');
    if file >= 0
        bytes = fread(file, Inf, '*uint8')';
        fclose(file);
    end
    remove_({config, [config '.body'], answer});
    status = str2double(regexp(told, '\d{3}(?=\s*$)', 'match', 'once'));
    if failed || isnan(status) || status == 0
        labwright.refuse(0, strtrim(regexprep(told, '\d*\s*$', '')));
    end
end

function command = curl_()
    command = 'curl';
    if isunix() && ~exist('OCTAVE_VERSION', 'builtin')
        command = 'LD_LIBRARY_PATH= curl';  % MATLAB's own libraries are not those of the system
    end
end

function remove_(files)
    for index = 1:numel(files)
        if exist(files{index}, 'file')
            delete(files{index});
        end
    end
end
