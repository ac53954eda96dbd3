classdef Query
%QUERY  Rows that can be had for the asking. Nothing is asked before a fetch or a count.
%   a & 'weight > 20'        rows that meet a condition; also of a struct with values, or of another query
%   a - b                    rows that do not
%   a * b                    rows of both that belong together
%   a + b                    rows of both
%   a.proj('name', 'g = weight * 1000')       attributes chosen, renamed, computed; the key stays
%   a.aggr(b, 'n = count(*)')                 b summarised for each row of a
%   a.first(10, '-weight')                    some rows in an order
    properties (SetAccess = protected)
        lab
        tree
    end
    methods
        function self = Query(lab, tree)
            self.lab = lab;
            self.tree = tree;
        end

        function found = and(self, condition)
            found = self.restricted(labwright.condition(condition));
        end

        function found = restrict(self, varargin)
            %RESTRICT  Rows that meet all conditions.
            found = self;
            for index = 1:numel(varargin)
                found = found & varargin{index};
            end
        end

        function found = minus(self, condition)
            found = self.restricted(struct('not', labwright.condition(condition)));
        end

        function found = mtimes(self, other)
            found = self.join(other);
        end

        function found = join(self, other, outer)
            %JOIN  Rows of both that belong together; with 'left' also those here that have no partner.
            tree = struct('op', 'join', 'left', self.tree, 'right', other.tree, 'outer', nargin > 2 && strcmp(outer, 'left'));
            found = labwright.Query(self.lab, tree);
        end

        function found = plus(self, other)
            found = labwright.Query(self.lab, struct('op', 'union', 'left', self.tree, 'right', other.tree));
        end

        function found = proj(self, varargin)
            %PROJ  proj() keeps the key alone, proj('...') all, proj('a', 'new = old', 'x = a / 2').
            keep = {};
            rename = struct();
            compute = struct();
            all_ = false;
            for index = 1:numel(varargin)
                [name, given] = named_(varargin{index});
                if strcmp(given, '...')
                    all_ = true;
                elseif isempty(name)
                    keep{end + 1} = given; %#ok<AGROW>
                elseif ~isempty(regexp(given, '^[a-z][a-z0-9_]*$', 'once'))
                    rename.(name) = given;
                else
                    compute.(name) = labwright.parse('value', given);
                end
            end
            tree = struct('op', 'project', 'of', self.tree, 'rename', rename, 'compute', compute);
            if ~all_
                tree.keep = keep;
            end
            found = labwright.Query(self.lab, tree);
        end

        function found = aggr(self, other, varargin)
            %AGGR  Another query summarised for each row: aggr(sessions, 'n = count(*)', 'last = max(session)').
            tree = struct('op', 'aggregate', 'by', self.tree, 'of', other.tree, 'compute', summaries_(varargin));
            found = labwright.Query(self.lab, tree);
        end

        function found = group(self, names, varargin)
            %GROUP  Rows summarised for each combination of values: group({'sex'}, 'n = count(*)').
            if ischar(names)
                names = {names};
            end
            tree = struct('op', 'group', 'of', self.tree, 'by', {names(:)'}, 'compute', summaries_(varargin));
            found = labwright.Query(self.lab, tree);
        end

        function found = first(self, limit, varargin)
            %FIRST  Some rows: first(10, '-weight', 'mouse'). Without an order, the first by key.
            tree = struct('op', 'first', 'of', self.tree, 'limit', limit, 'order', {varargin});
            found = labwright.Query(self.lab, tree);
        end

        function number = count(self)
            %COUNT  How many rows there are.
            answer = self.lab.post('/query/count', struct('query', self.tree));
            number = answer.count;
        end

        function rows = fetch(self, varargin)
            %FETCH  The rows, as a struct array: all attributes, or the key and those named.
            if ~isempty(varargin)
                self = self.proj(varargin{:});
            end
            columns = self.columns();
            names = fieldnames(columns);
            contents = cellfun(@(name) cells_(columns.(name)), names(:)', 'UniformOutput', false);
            if isempty(names)
                rows = struct([]);
            else
                rows = cell2struct(cat(1, contents{:}), names, 1);
                rows = rows(:);
            end
        end

        function found = fetchtable(self, varargin)
            %FETCHTABLE  The rows as a table of MATLAB; Octave has none.
            if exist('OCTAVE_VERSION', 'builtin')
                error('labwright:refused', 'Octave has no tables: take fetch, which gives a struct array.');
            end
            found = struct2table(self.fetch(varargin{:}), 'AsArray', true);
        end

        function varargout = fetchn(self, varargin)
            %FETCHN  [a, b] = fetchn('a', 'b'): columns, numbers as vectors and all else as cells.
            columns = getfield_(self.proj(varargin{:}).columns(), varargin);
            varargout = columns(1:max(1, nargout));
        end

        function varargout = fetch1(self, varargin)
            %FETCH1  The one row as a struct, or values of it. That there is one row, and no more, is made sure of.
            rows = self.first(2).fetch();
            if numel(rows) ~= 1
                error('labwright:refused', 'fetch1 needs exactly one row, and there are %d.', self.count());
            end
            if isempty(varargin)
                varargout = {rows};
            else
                varargout = cellfun(@(name) rows.(name), varargin, 'UniformOutput', false);
            end
        end

        function rows = keys(self)
            %KEYS  The keys of the rows.
            rows = fetch(self.proj());
        end

        function columns = columns(self)
            %COLUMNS  All rows by column: a struct of vectors and cells.
            body = labwright.tojson(struct('query', self.tree, 'format', 'blob'));
            [~, bytes] = self.lab.send('POST', '/query/fetch', labwright.utf8(body), 'application/json');
            pieces = {};
            place = 1;
            while place <= numel(bytes)
                width = double(typecast(bytes(place:place + 7), 'uint64'));
                pieces{end + 1} = labwright.fromblob(bytes(place + 8:place + 7 + width)); %#ok<AGROW>
                place = place + 8 + width;
            end
            columns = joined_(pieces);
        end

        function disp(self)
            fprintf(1, 'Query: %d rows\n', self.count());
        end
    end
    methods (Access = protected)
        function found = restricted(self, condition)
            tree = struct('op', 'restrict', 'of', self.tree, 'where', {{condition}});
            found = labwright.Query(self.lab, tree);
        end
    end
end

function [name, given] = named_(text)
    found = regexp(text, '^\s*([a-z][a-z0-9_]*)\s*=\s*(.+?)\s*$', 'tokens', 'once');
    if isempty(found)
        name = '';
        given = strtrim(text);
    else
        name = found{1};
        given = found{2};
    end
end

function compute = summaries_(given)
    compute = struct();
    for index = 1:numel(given)
        [name, text] = named_(given{index});
        compute.(name) = labwright.parse('summary', text);
    end
end

function values = cells_(column)
    if iscell(column)
        values = reshape(column, 1, []);
    else
        values = num2cell(reshape(column, 1, []));
    end
end

function found = getfield_(columns, names)
    found = cellfun(@(name) reshape(columns.(name), [], 1), names, 'UniformOutput', false);
end

function columns = joined_(pieces)
%   The first one tells what kinds of values there are.
    kinds = pieces{1};
    columns = struct();
    for name = fieldnames(kinds)'
        parts = cellfun(@(piece) cut_(piece.(name{1})), pieces(2:end), 'UniformOutput', false);
        if any(cellfun(@iscell, parts)) || (isempty(parts) && ~any(strcmp(kinds.(name{1}), {'number', 'decimal', 'flag'})))
            parts = cellfun(@cells_, parts, 'UniformOutput', false);
            column = cell(1, 0);
        else
            column = zeros(1, 0);
        end
        if ~isempty(parts)
            column = [parts{:}];
        end
        if strcmp(kinds.(name{1}), 'blob')
            column = cellfun(@blob_, column, 'UniformOutput', false);
        end
        if isinteger(column) && all(abs(double(column)) < 2^53)
            column = double(column);
        end
        columns.(name{1}) = column;
    end
end

function column = cut_(column)
%   Texts come in one piece.
    if ~isstruct(column) || ~isfield(column, 'utf8')
        return
    end
    lengths = double(column.lengths(:)');
    missing = logical(column.missing(:)');
    if exist('OCTAVE_VERSION', 'builtin') || all(column.utf8 < 128)
        pieces = mat2cell(char(reshape(column.utf8, 1, [])), 1, lengths);
    else
        pieces = mat2cell(reshape(column.utf8, 1, []), 1, lengths);
        pieces = cellfun(@(piece) native2unicode(piece, 'UTF-8'), pieces, 'UniformOutput', false);
    end
    pieces(lengths == 0) = {''};
    pieces(missing) = {[]};
    column = pieces;
end

function value = blob_(bytes)
    value = [];
    if ~isempty(bytes)
        value = labwright.fromblob(bytes);
    end
end
