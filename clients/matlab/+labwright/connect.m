function lab = connect(url, token)
%CONNECT  Connect to a Labwright server.
%   lab = labwright.connect('http://127.0.0.1:8000')
%   lab = labwright.connect('https://lab.example.org', token)
%
%   The token is made on the page "Me" of the server; an app that only its own machine reaches asks for none.
%   Without it, the environment variable LABWRIGHT_TOKEN is looked at.
    if nargin < 2
        token = getenv('LABWRIGHT_TOKEN');
    end
    lab = labwright.Lab(url, token);
end
