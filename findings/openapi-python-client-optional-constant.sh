#!/bin/sh
# openapi-python-client 0.29.1, on an OpenAPI 3.1 description.
#
# A property with `const` alone, without `type`, is valid in OpenAPI 3.1 (JSON Schema 2020-12).
# Where such a property is optional, the generator ends with status 0 but writes a module that is no
# Python: between the value and `and` of its check stands no blank (`if ok != Falseand not ...`).
# Where the property is required, or has a `default`, the module is right.
#
# Seen: "required: compiles", "optional: SyntaxError: invalid syntax"
#
# So the description of the API names the type of each constant; a test holds it to that.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install 'openapi-python-client==0.29.1' 2>/dev/null

describe() {
	cat <<JSON
{"openapi": "3.1.0", "info": {"title": "Example", "version": "1"},
 "paths": {"/result": {"get": {"operationId": "result", "responses": {"200": {"description": "A result.",
   "content": {"application/json": {"schema": {"\$ref": "#/components/schemas/Result"}}}}}}}},
 "components": {"schemas": {"Result": {"type": "object", "title": "Result", $1
   "properties": {"ok": {"const": false}}}}}}
JSON
}

result() {
	venv/bin/openapi-python-client generate --path "$1.json" --meta none --output-path "$1" >/dev/null 2>&1
	if venv/bin/python -m py_compile "$1/models/result.py" 2>error; then
		echo "$1: compiles"
	else
		echo "$1: $(grep -o 'SyntaxError: .*' error)"
	fi
}

describe '"required": ["ok"],' >required.json
describe '' >optional.json
seen=$(result required; result optional)
echo "$seen"
test "$seen" = "required: compiles
optional: SyntaxError: invalid syntax"
