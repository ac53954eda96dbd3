function refuse(status, answer)
%REFUSE  Raise what the server says as an error of MATLAB, with its sentence.
    names = {0, 'unreachable'; 401, 'notAllowed'; 403, 'notAllowed'; 404, 'notFound'; 409, 'clash'; 412, 'clash'; ...
             413, 'tooLarge'; 503, 'unreachable'};
    name = 'refused';
    for index = 1:size(names, 1)
        if names{index, 1} == status
            name = names{index, 2};
        end
    end
    told = answer;
    try
        told = getfield(jsondecode(answer), 'detail');
    catch
        if status == 0
            told = ['The server does not answer. ' answer];
        end
    end
    error(struct('identifier', ['labwright:' name], 'message', told, 'stack', struct('file', {}, 'name', {}, 'line', {}, 'column', {})));
end
