classdef Job < handle
%JOB  A key that is held to be computed; make is given it.
    properties (SetAccess = private)
        key
        attempt
    end
    properties (Access = private)
        worker
        id
        token
        parts
    end
    methods
        function self = Job(worker, told)
            self.worker = worker;
            self.key = told.key;
            self.attempt = told.attempt;
            self.id = told.id;
            self.token = told.token;
            self.parts = struct();
        end

        function part(self, name, rows)
            %PART  Rows of a part, which are stored together with those of the key.
            self.parts.(name) = rows;
        end

        function beat(self, progress)
            %BEAT  Hold on to the key, and tell how far it is, from 0 to 1. An error when another has it by now.
            given = self.renewal();
            if nargin > 1
                given.progress = progress;
            end
            answer = self.worker.send('renew', given);
            if isempty(answer.held)
                error('labwright:lost', 'Another worker has this key by now: what is computed of it cannot be stored.');
            end
        end

        function complete(self, rows, duration)
            %COMPLETE  Store rows with the end of the job. Refused when another worker has the key by now.
            if nargin < 3
                duration = 0;
            end
            rows = self.filled(rows);
            given = struct('worker', self.worker.id, 'id', self.id, 'token', self.token, 'duration', duration, ...
                           'rows', {self.worker.table.encoded(rows)}, 'parts', self.worker.table.parts(self.filled_parts()));
            self.worker.send('complete', given);
        end

        function fail(self, message, stack)
            %FAIL  Say that the key failed.
            given = struct('worker', self.worker.id, 'id', self.id, 'token', self.token, 'message', message, 'stack', stack);
            self.worker.send('fail', given);
        end

        function outcome = run(self, make)
            %RUN  Compute the key and store what comes of it: 'success', 'error' or 'lost'.
            beating = self.begin_beating();
            began = tic();
            try
                rows = make(self.key, self);
                end_beating_(beating);
                self.complete(rows, toc(began));
                outcome = 'success';
            catch failure
                end_beating_(beating);
                outcome = self.told(failure);
            end
        end
    end
    methods (Access = private)
        function outcome = told(self, failure)
            outcome = 'lost';
            if strcmp(failure.identifier, 'labwright:lost')
                return
            end
            try
                self.fail(failure.message, stack_(failure));
                outcome = 'error';
            catch refused
                if ~strcmp(refused.identifier, 'labwright:clash')
                    rethrow(refused);
                end
            end
        end

        function given = renewal(self)
            given = struct('worker', self.worker.id, 'lease', self.worker.lease, ...
                           'jobs', {{struct('id', self.id, 'token', self.token)}});
        end

        function beating = begin_beating(self)
            %   A program of its own renews the lease, so that it is renewed while make computes; it ends with this one.
            beating = struct('pid', '', 'config', '');
            if ~isunix()
                return
            end
            lab = self.worker.table.lab;
            body = labwright.tojson(self.renewal());
            beating.config = lab.config('POST', self.worker.place('renew'), uint8(body));
            script = sprintf('while kill -0 %d; do sleep %.3f; kill -0 %d && curl --config %s; done', ...
                             pid_(), self.worker.lease / 3, pid_(), labwright.quoted(beating.config));
            [~, told] = system(['sh -c ' labwright.quoted(script) ' >/dev/null 2>&1 & echo $!']);
            beating.pid = strtrim(told);
        end

        function rows = filled(self, rows)
            %   Rows without values for the key get those of the job.
            if isstruct(rows)
                rows = num2cell(reshape(rows, 1, []));
            end
            for index = 1:numel(rows)
                for name = fieldnames(self.key)'
                    if ~isfield(rows{index}, name{1})
                        rows{index}.(name{1}) = self.key.(name{1});
                    end
                end
            end
        end

        function found = filled_parts(self)
            found = struct();
            for name = fieldnames(self.parts)'
                found.(name{1}) = self.filled(self.parts.(name{1}));
            end
        end
    end
end

function end_beating_(beating)
    if ~isempty(beating.pid)
        system(['kill ' beating.pid ' 2>/dev/null']);
    end
    for file = {beating.config, [beating.config '.body'], [beating.config '.answer']}
        if ~isempty(beating.config) && exist(file{1}, 'file')
            delete(file{1});
        end
    end
end

function text = stack_(failure)
    lines = arrayfun(@(place) sprintf('%s, line %d', place.name, place.line), failure.stack(:)', 'UniformOutput', false);
    text = strjoin([{failure.message} lines], sprintf('\n'));
end

function number = pid_()
    if exist('OCTAVE_VERSION', 'builtin')
        number = getpid();
    else
        number = feature('getpid');
    end
end
