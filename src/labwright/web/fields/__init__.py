"""The one registry of fields, from which form, grid, filter, import and API are made."""

from labwright.web.fields.blobs import describe as describe
from labwright.web.fields.blobs import restore as restore
from labwright.web.fields.column import Column as Column
from labwright.web.fields.error import FieldError as FieldError
from labwright.web.fields.excerpt import excerpt as excerpt
from labwright.web.fields.field import Field as Field
from labwright.web.fields.filters import RESERVED as RESERVED
from labwright.web.fields.filters import SIGNS as SIGNS
from labwright.web.fields.filters import Filter as Filter
from labwright.web.fields.filters import condition as condition
from labwright.web.fields.filters import filters_of as filters_of
from labwright.web.fields.filters import join_list as join_list
from labwright.web.fields.filters import query_string as query_string
from labwright.web.fields.filters import read_filters as read_filters
from labwright.web.fields.forms import read_changes as read_changes
from labwright.web.fields.forms import read_form as read_form
from labwright.web.fields.guarding import guarded as guarded
from labwright.web.fields.guarding import unguarded as unguarded
from labwright.web.fields.input import Input as Input
from labwright.web.fields.registry import field_of as field_of
from labwright.web.fields.registry import fields_of as fields_of
