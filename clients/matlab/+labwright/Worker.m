classdef Worker < handle
%WORKER  Claims keys of a table, one after another; populate makes it.
    properties (SetAccess = private)
        table
        lease
        id = ''
    end
    methods
        function self = Worker(table, lease)
            self.table = table;
            self.lease = lease;
        end

        function job = claim(self)
            %CLAIM  The next key, which nobody else has while the lease lasts; [] when there is none.
            given = struct('limit', 1, 'lease', self.lease, 'program', program_(), 'host', host_(), 'pid', pid_());
            if ~isempty(self.id)
                given.worker = self.id;
            end
            answer = self.send('claim', given);
            self.id = answer.worker;
            job = [];
            if ~isempty(answer.jobs)
                job = labwright.Job(self, answer.jobs(1));
            end
        end

        function answer = send(self, what, given)
            answer = self.table.lab.post(self.place(what), given);
        end

        function path = place(self, what)
            path = ['/work/' labwright.escaped(self.table.name) '/' what];
        end
    end
end

function text = program_()
    if exist('OCTAVE_VERSION', 'builtin')
        text = ['GNU Octave ' version()];
    else
        text = ['MATLAB ' version('-release')];
    end
end

function text = host_()
    if exist('OCTAVE_VERSION', 'builtin')
        text = gethostname();
    else
        text = getenv('HOSTNAME');
    end
end

function number = pid_()
    if exist('OCTAVE_VERSION', 'builtin')
        number = getpid();
    else
        number = feature('getpid');
    end
end
