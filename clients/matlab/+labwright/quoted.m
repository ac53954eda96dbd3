function text = quoted(path)
%QUOTED  A path as one word of a command.
    if ispc()
        text = ['"' path '"'];
    else
        text = ['''' strrep(path, '''', '''\''''') ''''];
    end
end
