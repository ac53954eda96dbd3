function config = request(folder, method, url, token, body, kind)
%REQUEST  Write the file that tells curl what to send.
    config = tempname(folder);
    lines = {['url = ' text_(url)], ['request = ' text_(method)], 'silent', 'show-error', 'globoff', ...
             'connect-timeout = 30', 'stderr = "-"', 'write-out = "%{http_code}"', 'header = "Expect:"', ...
             ['output = ' text_([config '.answer'])]};
    if ~isempty(token)
        lines{end + 1} = ['header = ' text_(['Authorization: Bearer ' token])];
    end
    if ~isempty(kind)
        file = fopen([config '.body'], 'w');
        fwrite(file, body, 'uint8');
        fclose(file);
        lines{end + 1} = ['header = ' text_(['Content-Type: ' kind])];
        lines{end + 1} = ['data-binary = ' text_(['@' config '.body'])];
    end
    file = fopen(config, 'w');
    fprintf(file, '%s\n', lines{:});
    fclose(file);
end

function text = text_(given)
    if any(double(given) < 32)
        error('labwright:refused', 'There are control characters in an address, a token or a path.');
    end
    text = ['"' strrep(strrep(given, '\', '\\'), '"', '\"') '"'];
end
