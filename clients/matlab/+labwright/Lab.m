classdef Lab < handle
%LAB  A project on a Labwright server; labwright.connect makes it.
    properties (SetAccess = private)
        url
        folder   % where what is sent and received is written; nobody else may read it
    end
    properties (Access = private)
        token
        headings
    end
    methods
        function self = Lab(url, token)
            self.url = regexprep(url, '/+$', '');
            self.token = token;
            self.headings = struct();
            self.folder = tempname();
            mkdir(self.folder);
            if isunix()
                system(['chmod 700 ' labwright.quoted(self.folder)]);
            end
            self.get('/tables');
        end

        function delete(self)
            if ~isempty(self.folder) && exist(self.folder, 'dir')
                if exist('OCTAVE_VERSION', 'builtin')
                    confirm_recursive_rmdir(false, 'local');
                end
                rmdir(self.folder, 's');
            end
        end

        function disp(self)
            printf_ = @(varargin) fprintf(1, varargin{:});
            printf_('Labwright at %s\n', self.url);
        end

        function names = tables(self)
            %TABLES  The names of all tables that you may read, parents first.
            found = self.get('/tables');
            names = {};
            if ~isempty(found)
                names = {found.name}';
            end
        end

        function found = table(self, name)
            %TABLE  A table, such as lab.table('colony.Mouse').
            found = labwright.Table(self, name);
            found.heading();
        end

        function found = declare(self, schema, name, tier, definition, parts)
            %DECLARE  Make a table: lab.declare('colony', 'Mouse', 'manual', definition)
            %   parts is a struct with the definitions of parts by name. A table that is there already is returned
            %   as it is.
            given = struct('name', name, 'tier', tier, 'definition', definition);
            if nargin > 5
                given.parts = parts;
            end
            try
                self.post(['/schemas/' labwright.escaped(schema) '/tables'], given);
            catch failure
                if ~strcmp(failure.identifier, 'labwright:clash')
                    rethrow(failure);
                end
            end
            found = self.table([schema '.' name]);
        end

        function list = changes(self, varargin)
            %CHANGES  The newest changes, each of which can be taken back by undo.
            list = self.get('/changes');
        end

        function number = undo(self, change, why)
            %UNDO  Take a change back, all of it.
            if nargin < 3
                why = '';
            end
            done = self.post(['/changes/' labwright.escaped(change) '/undo'], struct('why', why));
            number = done.change;
        end

        function found = get(self, path)
            %GET  What an address of the API gives, decoded from JSON.
            found = jsondecode(self.send('GET', path));
        end

        function found = post(self, path, body)
            %POST  Send a struct as JSON; what comes back is decoded.
            text = self.send('POST', path, labwright.utf8(labwright.tojson(body)), 'application/json');
            found = jsondecode(text);
        end

        function [answer, bytes] = send(self, method, path, body, kind)
            %SEND  Send bytes, and give what comes back, as text and as bytes.
            if nargin < 4
                body = []; kind = '';
            end
            [status, bytes] = labwright.http(self.folder, method, [self.url '/api/v1' path], self.token, body, kind);
            answer = native2unicode_(bytes);
            if status >= 400 || status == 0
                labwright.refuse(status, answer);
            end
        end

        function columns = described(self, name)
            %DESCRIBED  What the server tells of a table; it is asked once.
            place = ['t' sprintf('%02x', uint8(name))];
            if numel(place) > 60
                place = ['t' sprintf('%.0f', sum(double(name) .* (1:numel(name)) .^ 3))];
            end
            if ~isfield(self.headings, place)
                self.headings.(place) = self.get(['/tables/' labwright.escaped(name)]);
            end
            columns = self.headings.(place);
        end

        function file = config(self, method, path, body)
            %CONFIG  A file by which curl sends a request by itself, for signs of life.
            file = labwright.request(self.folder, method, [self.url '/api/v1' path], self.token, body, 'application/json');
        end
    end
end

function text = native2unicode_(bytes)
    if exist('OCTAVE_VERSION', 'builtin')
        text = char(bytes);
    else
        text = native2unicode(bytes, 'UTF-8');
    end
end
