# SPDX-License-Identifier: MIT
"""Holds answers of the portal to what plugin/portal/openapi.json says of them."""

import json
import os
import re

from . import built
from .tap import Skip, same

try:
    import jsonschema
except ImportError:
    jsonschema = None


class Described:
    """judge() is what Api takes; seen collects (operation, status, code)."""

    def __init__(self):
        if jsonschema is None:
            raise Skip('python3-jsonschema is not installed')
        path = os.path.join(built.SRCDIR, 'plugin', 'portal', 'openapi.json')
        with open(path, encoding='utf-8') as file:
            self.doc = json.load(file)
        self.paths = {template: pattern(template) for template in self.doc['paths']}
        self.always = {name: header for name, header in
                       self.doc['components']['headers'].items()
                       if header['description'] == 'In every answer.'}
        self.seen = set()

    def resolved(self, value):
        while '$ref' in value:
            target = self.doc
            for part in value['$ref'].split('/')[1:]:
                target = target[part]
            value = target
        return value

    def valid(self, schema, value, what):
        checked = jsonschema.Draft202012Validator(
            dict(schema, components=self.doc['components']))
        wrong = ['%s: %s' % ('/'.join(map(str, error.path)), error.message)
                 for error in checked.iter_errors(value)]
        same(wrong, [], '%s is as described' % what)

    def find(self, target):
        """The path item, None where the path is not described."""
        for template, regex in self.paths.items():
            if regex.fullmatch(target):
                return self.doc['paths'][template]
        return None

    def methods(self, item):
        return sorted(name.upper() for name in item if name in ('get', 'post', 'put', 'delete'))

    def operations(self):
        return {operation['operationId']: operation for item in self.doc['paths'].values()
                for name, operation in item.items() if name.upper() in self.methods(item)}

    # -- one answer -------------------------------------------------------

    def judge(self, method, target, answer):
        what = '%s %s: %r' % (method, target[:100], answer)
        if is_unreadable(answer):
            self.seen.add((None, answer.status, None))
            return
        for name, header in self.always.items():
            self._header(name, header, answer, what)
        item = self.find(target)
        if item is None or method not in self.methods(item):
            self._nowhere(item, answer, what)
        else:
            self._operation(item[method.lower()], answer, what)

    def _header(self, name, header, answer, what):
        value = answer.header(name)
        assert value is not None, '%s is missing: %s' % (name, what)
        self.valid(header['schema'], value, '%s of %s' % (name, what))

    def _nowhere(self, item, answer, what):
        """The path, or its method, is not described."""
        wanted = 404 if item is None else 405
        assert answer.status in (wanted, 400, 421), what
        self._error(self.doc['components']['responses']['Any'], answer, what)
        if answer.status == 405:
            self._header('Allow', self.doc['components']['headers']['Allow'], answer, what)
            same(sorted(answer.header('Allow').split(', ')), self.methods(item), 'Allow: ' + what)
        self.seen.add((None, answer.status, answer.code))

    def _operation(self, operation, answer, what):
        responses = operation['responses']
        response = self.resolved(responses.get(str(answer.status), responses['default']))
        for name, header in response.get('headers', {}).items():
            self._header(name, self.resolved(header), answer, what)
        if 'x-codes' in response:
            self._error(response, answer, what)
        self._body(response, answer, what)
        self.seen.add((operation['operationId'], answer.status, answer.code))

    def _error(self, response, answer, what):
        code = answer.code
        assert code in response['x-codes'], 'this code is not described: ' + what
        same(answer.status, self.doc['x-errors'][code]['status'], 'status of ' + what)
        same(answer.header('Content-Type'), 'application/json', 'type of ' + what)
        self.valid({'$ref': '#/components/schemas/Error'}, answer.json, what)

    def _body(self, response, answer, what):
        content = response.get('content')
        if content is None:
            same((answer.body, answer.header('Content-Type')), (b'', None), what)
            return
        kind = answer.header('Content-Type')
        assert kind in content, '%s is none of %r: %s' % (kind, list(content), what)
        schema = content[kind].get('schema')
        if schema is not None:
            value = answer.json if kind == 'application/json' else answer.body.decode('utf-8')
            self.valid(schema, value, what)


def is_unreadable(answer):
    """lib-http answers by itself, in plain text, what it cannot read as a request."""
    return answer.status in (400, 413, 414, 417, 431, 501, 505) and \
        answer.header('Content-Type') in (None, 'text/plain; charset=utf-8')


def pattern(template):
    """A path with its parameters as a regular expression."""
    text = re.escape(template).replace(r'\{id\}', '[0-9a-f]{16}')
    return re.compile(text.replace(r'\{certificate\}', '(root|issuer|user)'))
