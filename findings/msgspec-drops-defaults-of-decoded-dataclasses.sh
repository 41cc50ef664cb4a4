#!/usr/bin/env bash
# msgspec 0.22.0, Python 3.11, Linux.
# Source: https://jcristharif.com/msgspec/supported-types.html#dataclasses, which says that dataclasses
#   are encoded as objects of their fields.
# Expected: two equal dataclasses are encoded as the same JSON.
# Seen: a dataclass that was decoded from an object without an optional field equals one that was
#   constructed, and shows the default, but is encoded without the field: the default is left on the
#   class, and the encoder writes what the instance holds. A msgspec.Struct is encoded whole.
# Output seen:
#   equal True; constructed {"x":1,"y":null}; decoded {"x":1}; Struct, decoded {"x":1,"y":null}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet msgspec==0.22.0

cat > "$folder/encode.py" <<'PYTHON'
from dataclasses import dataclass

import msgspec


@dataclass
class Point:
    x: int
    y: int | None = None


class PointStruct(msgspec.Struct):
    x: int
    y: int | None = None


made, decoded = Point(1), msgspec.json.decode(b'{"x":1}', type=Point)
struct = msgspec.json.decode(b'{"x":1}', type=PointStruct)
texts = [msgspec.json.encode(each).decode() for each in (made, decoded, struct)]
print(
    f"equal {made == decoded}; constructed {texts[0]}; decoded {texts[1]}; "
    f"Struct, decoded {texts[2]}"
)
assert made == decoded
assert texts == ['{"x":1,"y":null}', '{"x":1}', '{"x":1,"y":null}']
PYTHON
"$folder/venv/bin/python" "$folder/encode.py"
