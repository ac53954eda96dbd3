classdef Table < labwright.Query
%TABLE  A table: a query for all of its rows, and what is done to them. lab.table('colony.Mouse') makes it.
    properties (SetAccess = private)
        name
    end
    properties (Access = private)
        where
    end
    methods
        function self = Table(lab, name, where)
            self@labwright.Query(lab, struct('op', 'table', 'table', name));
            self.name = name;
            self.where = {};
            if nargin > 2 && ~isempty(where)
                self.where = where;
                self.tree = struct('op', 'restrict', 'of', self.tree, 'where', {where});
            end
        end

        function found = heading(self)
            %HEADING  The attributes: name, type, kind, key, nullable, default, comment, unit.
            found = self.told().attributes;
        end

        function text = describe(self)
            %DESCRIBE  The definition.
            text = self.told().definition;
        end

        function number = insert(self, rows, varargin)
            %INSERT  Enter rows, all or none: insert(rows, 'duplicates', 'skip' | 'replace', 'why', 'text')
            %   rows is a struct array, a table, or a cell of structs. With 'parts', struct('Trial', trials), the rows
            %   of parts are entered together with their masters.
            options = options_(struct('duplicates', 'refuse', 'why', '', 'parts', struct()), varargin);
            rows = rows_(rows);
            if ~isempty(fieldnames(options.parts))
                body = struct('rows', {self.encoded(rows)}, 'parts', self.parts(options.parts), 'why', options.why);
                done = self.lab.post([self.place() '/rows'], body);
            else
                lines = cellfun(@labwright.tojson, self.encoded(rows), 'UniformOutput', false);
                path = ['/bulk/' labwright.escaped(self.name) '?duplicates=' options.duplicates '&why=' labwright.escaped(options.why)];
                text = self.lab.send('POST', path, labwright.utf8(strjoin(lines, char(10))), 'application/x-ndjson');
                done = jsondecode(text);
            end
            number = done.change;
        end

        function number = update(self, key, changes, why)
            %UPDATE  Change attributes of one row: update(struct('mouse', 7), struct('weight', 21.5)).
            if nargin < 4
                why = '';
            end
            encoded = self.encoded({changes});
            body = struct('changes', encoded{1}, 'why', why);
            text = self.lab.send('PATCH', [self.place() '/rows/' self.spelled(key)], labwright.utf8(labwright.tojson(body)), 'application/json');
            done = jsondecode(text);
            number = done.change;
        end

        function found = losses(self)
            %LOSSES  What would go with these rows: tables, rows, values in stores, owners.
            found = getfield(self.preview(), 'losses');
        end

        function count = del(self, why)
            %DEL  Delete these rows with all that depends on them, all or nothing; gives how many rows went.
            if nargin < 2
                why = '';
            end
            given = self.preview();
            body = struct('where', {self.conditions()}, 'confirm', given.confirm, 'why', why);
            done = self.lab.post([self.place() '/delete'], body);
            count = done.count;
        end

        function list = history(self, key)
            %HISTORY  What happened to a row, newest first.
            list = self.lab.get([self.place() '/rows/' self.spelled(key) '/history']);
        end

        function path = download(self, key, attribute, folder)
            %DOWNLOAD  Write a file of a row into a folder, under the name of the attribute unless a path is given.
            path = folder;
            if exist(folder, 'dir')
                path = fullfile(folder, attribute);
            end
            file = fopen(path, 'w');
            if file < 0
                error('labwright:refused', 'There is no folder for %s.', path);
            end
            fwrite(file, self.content(key, attribute), 'uint8');
            fclose(file);
        end

        function bytes = content(self, key, attribute)
            %CONTENT  The bytes of a file, a blob or bytes of a row.
            [~, bytes] = self.lab.send('GET', self.content_place(key, attribute));
        end

        function number = upload(self, key, attribute, path)
            %UPLOAD  Put a file in the place of the one that a row has.
            [~, stem, ending] = fileparts(path);
            place = [self.content_place(key, attribute) '?name=' labwright.escaped([stem ending])];
            text = self.lab.send('PUT', place, read_(path), 'application/octet-stream');
            number = getfield(jsondecode(text), 'change');
        end

        function found = progress(self)
            %PROGRESS  How far a table is that fills itself.
            found = self.lab.get(['/jobs/' labwright.escaped(self.name)]);
        end

        function found = failures(self)
            %FAILURES  What has failed, that of one kind together.
            found = self.lab.get(['/jobs/' labwright.escaped(self.name) '/errors']);
        end

        function found = retry(self)
            %RETRY  Let all that has failed or is ignored be tried again.
            found = self.lab.post(['/jobs/' labwright.escaped(self.name) '/retry'], struct());
        end

        function done = populate(self, make, varargin)
            %POPULATE  Compute what is missing: make(key, job) gives the rows of a key, as a struct.
            %   populate(make, 'lease', 60, 'limit', Inf, 'refresh', true)
            %   Any number of programs may do so at once. While make runs, its key is held by a lease, which is
            %   renewed in the background; job.beat(0.5) tells how far it is. Rows of parts are given by
            %   job.part('Trial', rows). What a worker computes that was taken for dead is refused.
            options = options_(struct('lease', 60, 'limit', Inf, 'refresh', true), varargin);
            done = struct('success', 0, 'error', 0, 'lost', 0);
            if options.refresh
                self.lab.post(['/jobs/' labwright.escaped(self.name) '/refresh'], struct());
            end
            worker = labwright.Worker(self, options.lease);
            while done.success + done.error + done.lost < options.limit
                job = worker.claim();
                if isempty(job)
                    return
                end
                outcome = job.run(make);
                done.(outcome) = done.(outcome) + 1;
            end
        end

        function rows = encoded(self, rows)
            %ENCODED  Rows as the server takes them: a cell of structs.
            attributes = self.heading();
            kinds = cell2struct({attributes.kind}', {attributes.name}', 1);
            rows = cellfun(@(row) encoded_(row, kinds), reshape(rows, 1, []), 'UniformOutput', false);
        end

        function found = parts(self, given)
            %PARTS  Rows of parts as the server takes them.
            found = struct();
            for name = fieldnames(given)'
                part = labwright.Table(self.lab, [self.name '.' name{1}]);
                found.(name{1}) = part.encoded(rows_(given.(name{1})));
            end
        end

        function text = spelled(self, key)
            %SPELLED  A key as a part of an address.
            if ~isstruct(key) || ~isscalar(key)
                error('labwright:refused', 'A key is a struct with a value for each attribute of the key.');
            end
            attributes = self.heading();
            names = {attributes([attributes.key] ~= 0).name};
            parts = cell(1, numel(names));
            for index = 1:numel(names)
                if ~isfield(key, names{index})
                    error('labwright:refused', 'The key needs a value for %s.', names{index});
                end
                parts{index} = spelled_(key.(names{index}));
            end
            text = '~';
            if ~isempty(parts)
                text = strjoin(cellfun(@labwright.escaped, parts, 'UniformOutput', false), ',');
            end
        end

        function disp(self)
            fprintf(1, '%s: %d rows\n', self.name, self.count());
        end
    end
    methods (Access = protected)
        function found = restricted(self, condition)
            found = labwright.Table(self.lab, self.name, [self.where {condition}]);
        end
    end
    methods (Access = private)
        function found = told(self)
            found = self.lab.described(self.name);
        end

        function path = place(self)
            path = ['/tables/' labwright.escaped(self.name)];
        end

        function path = content_place(self, key, attribute)
            path = ['/content/' labwright.escaped(self.name) '/' self.spelled(key) '/' labwright.escaped(attribute)];
        end

        function list = conditions(self)
            list = self.where;
            if isempty(list)
                list = {struct('all', {{}})};
            end
        end

        function found = preview(self)
            found = self.lab.post([self.place() '/losses'], struct('where', {self.conditions()}));
        end
    end
end

function rows = rows_(given)
    if isstruct(given)
        rows = num2cell(reshape(given, 1, []));
    elseif iscell(given)
        rows = reshape(given, 1, []);
    else
        rows = num2cell(reshape(table2struct(given), 1, []));
    end
end

function row = encoded_(row, kinds)
    for name = fieldnames(row)'
        kind = '';
        if isfield(kinds, name{1})
            kind = kinds.(name{1});
        end
        row.(name{1}) = value_(kind, row.(name{1}));
    end
end

function found = value_(kind, value)
    missing = isnumeric(value) && isempty(value) && ~strcmp(kind, 'blob');
    if missing
        found = labwright.Raw('null');
    elseif strcmp(kind, 'blob')
        text = matlab.net.base64encode(labwright.toblob(value));
        found = labwright.Raw(['{"@blob":"' char(text) '"}']);
    elseif strcmp(kind, 'bytes')
        found = char(matlab.net.base64encode(uint8(value(:)')));
    elseif any(strcmp(kind, {'file', 'reference'})) && ischar(value)
        [~, stem, ending] = fileparts(value);
        data = char(matlab.net.base64encode(read_(value)));
        found = labwright.Raw(['{"@file":' labwright.tojson(struct('name', [stem ending], 'data', data)) '}']);
    elseif strcmp(kind, 'flag') && isnumeric(value)
        found = value ~= 0;
    elseif strcmp(kind, 'decimal') && isfloat(value)
        found = sprintf('%.15g', value);
    else
        found = value;
    end
end

function bytes = read_(path)
    file = fopen(path, 'r');
    if file < 0
        error('labwright:refused', 'There is no file %s.', path);
    end
    bytes = fread(file, Inf, '*uint8')';
    fclose(file);
end

function text = spelled_(value)
    if isa(value, 'datetime')
        text = char(value, 'yyyy-MM-dd HH:mm:ss');
    elseif ischar(value) || isa(value, 'string')
        text = char(value);
    else
        text = regexprep(labwright.tojson(value), '^"|"$', '');
    end
    text = strrep(strrep(strrep(text, '~', '~t'), ',', '~c'), '/', '~s');
    if isempty(text)
        text = '~n';
    end
end

function options = options_(options, given)
    for index = 1:2:numel(given)
        if ~isfield(options, given{index})
            error('labwright:refused', 'There is no option %s: there are %s.', given{index}, strjoin(fieldnames(options)', ', '));
        end
        options.(given{index}) = given{index + 1};
    end
end
