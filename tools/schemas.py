#!/usr/bin/env python3
"""Writes the tables of facts that manifests are validated with, from released CRDs.

    tools/schemas.py GATEWAY_API KGATEWAY           writes crates/manifest/src/admission/tables/*.txt
    tools/schemas.py --check GATEWAY_API KGATEWAY   fails when they differ from the CRDs

GATEWAY_API and KGATEWAY are git checkouts (with or without a work tree) of kubernetes-sigs/gateway-api and of kgateway.
The newest release of the Gateway API is read, or `--gateway-api-release TAG`; of kgateway HEAD, or `--kgateway-release
REF`. Needs Python 3 and PyYAML.

A table has a line for each field, indented below its parent:

    kind GROUP NAME VERSION           one served version of a kind, `+` when only the experimental channel serves it
     NAME[*] TYPE [min=] [max=] [format=] [default=] [set] [by=KEY[=DEFAULT]] [keep]
     NAME[*] @KIND.PATH               the same schema as the one there; @KIND/VERSION.PATH where KIND has several
      ~ PATTERN
      = WORD WORD …
      ! MESSAGE                       a validation rule: the closure is in `rules`, by its place and message
      1|1+|1- FIELD FIELD …           rules that need no closure: exactly, at least, at most one of the fields
    served GROUP NAME VERSION …       what earlier releases served

`[]` are the items of a list, `{}` the values of a map, `*` marks a required field. `+` before a line means that only the
experimental channel has it, `-` that only the standard channel has it. A field with `+` is pruned in the standard channel.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import yaml

TABLES = pathlib.Path(__file__).parent.parent / "crates/manifest/src/admission/tables"
GATEWAY = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "Gateway", "GatewayClass", "ListenerSet",
           "XListenerSet", "ReferenceGrant"]
KGATEWAY = ["Backend", "DirectResponse", "TrafficPolicy", "GatewayExtension", "ListenerPolicy", "BackendConfigPolicy"]
# The oldest release whose versions count as served.
OLDEST = (1, 2)
QUANTITY = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
BOUNDS = {
    "object": ("minProperties", "maxProperties"),
    "array": ("minItems", "maxItems"),
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum"),
}
# What is read of a schema. Anything else is an error, so that no fact is lost unseen.
READ = {
    "type", "description", "properties", "required", "items", "additionalProperties", "default", "enum", "pattern",
    "format", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "minProperties", "maxProperties",
    "anyOf", "allOf", "oneOf", "x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields",
}
UNION = re.compile(r"\[((?:has\(self\.\w+\),?)+)\]\.filter\(x,x==true\)\.size\(\) (==|>=|<=) 1")
UNIONS = {"==": ("1", "exactly one of the fields in [{}] must be set"),
          ">=": ("1+", "at least one of the fields in [{}] must be set"),
          "<=": ("1-", "at most one of the fields in [{}] may be set")}
ONE_OF = "must validate one and only one schema (oneOf). Found none valid"


def git(checkout, *arguments):
    return subprocess.run(["git", "-C", checkout, *arguments], check=True, capture_output=True, text=True).stdout


def crds(checkout, release, folder):
    """The CRDs below a folder of a release, by kind."""
    found = {}
    for path in git(checkout, "ls-tree", "-r", "--name-only", release, "--", folder).split():
        if path.endswith(".yaml") and not path.endswith("kustomization.yaml"):
            text = git(checkout, "show", f"{release}:{path}")
            for document in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if document and document["kind"] == "CustomResourceDefinition":
                    found[document["spec"]["names"]["kind"]] = document["spec"]
    return found


def releases(checkout):
    """The released versions, oldest first."""
    tags = (re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)", tag) for tag in git(checkout, "tag").split())
    return [f"v{'.'.join(map(str, tag))}" for tag in sorted(tuple(map(int, tag.groups())) for tag in tags if tag)]


def flattened(schema, place):
    """A schema without what says nothing new."""
    unknown = set(schema) - READ
    if unknown:
        sys.exit(f"{place}: nothing here reads {', '.join(sorted(unknown))}")
    schema = dict(schema)
    for part in schema.pop("allOf", []):
        for key, value in part.items():
            if schema.setdefault(key, value) != value:
                sys.exit(f"{place}: allOf says two things of {key}")
    return schema


def kind_of(schema, place):
    if schema.get("x-kubernetes-int-or-string"):
        if schema.get("pattern") != QUANTITY:
            sys.exit(f"{place}: not a quantity")
        return "quantity"
    kind = schema.get("type", "any" if schema.get("x-kubernetes-preserve-unknown-fields") else None)
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return "map"
    if kind not in ("object", "array", "string", "integer", "boolean", "any"):
        sys.exit(f"{place}: nothing here reads the type {kind}")
    return {"array": "list", "boolean": "bool", "integer": "int"}.get(kind, kind)


def header(schema, place):
    """The type and what stands in its line."""
    kind = kind_of(schema, place)
    words = [kind]
    low, high = BOUNDS.get(schema.get("type"), (None, None))
    if low in schema:
        words.append(f"min={schema[low]:.0f}" if kind == "int" else f"min={schema[low]}")
    if high in schema:
        words.append(f"max={schema[high]:.0f}" if kind == "int" else f"max={schema[high]}")
    if "format" in schema:
        words.append(f"format={schema['format']}")
    if "default" in schema:
        words.append("default=" + json.dumps(schema["default"], separators=(",", ":"), sort_keys=True))
    if schema.get("x-kubernetes-list-type") == "set":
        words.append("set")
    if schema.get("x-kubernetes-list-type") == "map":
        (key,) = schema["x-kubernetes-list-map-keys"]
        default = schema["items"]["properties"][key].get("default")
        words.append(f"by={key}" + ("" if default is None else f"={json.dumps(default)}"))
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        words.append("keep")
    if any(" " in word for word in words):
        sys.exit(f"{place}: a default with a space")
    return " ".join(words)


def facts(schema):
    """Pattern, words and rules, a line each."""
    lines = []
    if "pattern" in schema and not schema.get("x-kubernetes-int-or-string"):
        lines.append("~ " + schema["pattern"])
    if "enum" in schema:
        lines.append("= " + " ".join(map(str, schema["enum"])))
    if "oneOf" in schema:
        lines.append("! " + ONE_OF)
    for rule in schema.get("x-kubernetes-validations", []):
        if "oldSelf" in rule["rule"]:
            continue  # compares with an older version of the object
        union = UNION.fullmatch(rule["rule"])
        fields = re.findall(r"self\.(\w+)", union[1]) if union else []
        name, message = UNIONS[union[2]] if union else ("", "")
        if union and message.format(" ".join(fields)) == rule["message"]:
            lines.append(" ".join([name, *fields]))
        else:
            lines.append("! " + " ".join(rule["message"].split()))
    return lines


class Table:
    """The lines of a table, with equal schemas written once."""

    def __init__(self):
        self.lines = []
        self.places = {}

    def write(self, name, old, new, place, depth):
        """Writes the field `name`, whose schema is `old` in the standard channel and `new` in the experimental one."""
        mark = "+" if old is None else "-" if new is None else " "
        known = [flattened(schema, place) for schema in (old, new) if schema is not None]
        heads = {header(schema, place) for schema in known}
        if len(heads) > 1:
            sys.exit(f"{place}: the channels have {' and '.join(sorted(heads))}: the table has no way to say so")
        parts = self.parts(old, new, place)
        key = (heads.copy().pop(), *parts)
        if len(parts) > 1 or any(line.strip().startswith("! ") for _, line in parts):
            if key in self.places:
                self.lines.append(f"{mark}{' ' * depth}{name} @{self.places[key]}")
                return
            self.places[key] = place
        self.lines.append(f"{mark}{' ' * depth}{name} {heads.pop()}")
        self.below(old, new, place, depth + 1)

    def parts(self, old, new, place):
        """What makes two schemas equal: all lines that they would have, without regard to others."""
        apart = Table()
        apart.places = None
        apart.below_apart(old, new, place, 0)
        return tuple((line[0], line[1:]) for line in apart.lines)

    def below_apart(self, old, new, place, depth):
        for name, one, other in self.children(old, new, place, depth):
            known = [flattened(schema, place) for schema in (one, other) if schema is not None]
            mark = "+" if one is None else "-" if other is None else " "
            self.lines.append(f"{mark}{' ' * depth}{name} {header(known[-1], place)}")
            self.below_apart(one, other, place, depth + 1)

    def below(self, old, new, place, depth):
        for name, one, other in self.children(old, new, place, depth):
            self.write(name, one, other, place + self.step(name), depth)

    @staticmethod
    def step(name):
        name = name.rstrip("*")
        return name if name in ("[]", "{}") else f".{name}"

    def children(self, old, new, place, depth):
        """Writes the facts of a schema itself, and gives its fields."""
        old = flattened(old, place) if old is not None else None
        new = flattened(new, place) if new is not None else None
        before, after = facts(old or {}), facts(new or {})
        for line in before if new is None else after if old is None else sorted(
                {*before, *after}, key=lambda line: ((after + before).index(line))):
            mark = " " if old is None or new is None or line in before and line in after else \
                "+" if line in after else "-"
            self.lines.append(f"{mark}{' ' * depth}{line}")
        for key, name in (("items", "[]"), ("additionalProperties", "{}")):
            if any(isinstance((schema or {}).get(key), dict) for schema in (old, new)):
                yield name, *((schema or {}).get(key) for schema in (old, new))
        fields = [(schema or {}).get("properties", {}) for schema in (old, new)]
        needed = [set((schema or {}).get("required", [])) for schema in (old, new)]
        for field in sorted({*fields[0], *fields[1]}):
            present = [needed[at] for at in (0, 1) if field in fields[at]]
            if len({field in names for names in present}) > 1:
                sys.exit(f"{place}.{field} is required in one channel only: the table has no way to say so")
            # A field of a schema that one channel has is not marked again.
            pair = [channel.get(field) for channel in fields]
            if old is None or new is None:
                pair = [pair[0] or pair[1]] * 2
            yield field + ("*" if field in present[0] else ""), *pair


def versions(crd):
    """The served versions and the schema of their `spec`."""
    return {version["name"]: spec(version["schema"]["openAPIV3Schema"])
            for version in (crd or {}).get("versions", []) if version["served"]}


def spec(schema):
    """The part of a schema that an author writes: `spec`, and rules of the object itself."""
    kept = {key: value for key, value in schema.items() if key == "x-kubernetes-validations"}
    return {"type": "object", **kept, "required": [name for name in schema.get("required", []) if name == "spec"],
            "properties": {"spec": schema["properties"]["spec"]}}


def write(table, kind, old, new, released=frozenset()):
    group = (new or old)["group"]
    olds, news = versions(old), versions(new)
    current = sorted({*olds, *news}, key=lambda version: (version.count("alpha"), version.count("beta"), version))
    for version in current:
        mark = "+" if version not in olds else "-" if version not in news else " "
        table.lines.append(f"{mark}kind {group} {kind} {version}")
        one, other = olds.get(version), news.get(version)
        table.below(one or other, other or one, kind if version == current[0] else f"{kind}/{version}", 1)
    earlier = sorted(released - set(current))
    if earlier:
        table.lines.append(f" served {group} {kind} {' '.join(earlier)}")


def served_by_release(checkout, release):
    """The served versions of each kind, read without parsing the schemas."""
    found = {}
    for path in git(checkout, "ls-tree", "-r", "--name-only", release, "--", "config/crd").split():
        if path.endswith("kustomization.yaml") or not path.endswith(".yaml"):
            continue
        text = git(checkout, "show", f"{release}:{path}")
        kind = re.search(r"^    kind: (\w+)$", text, re.M)
        names = re.findall(r"^  (?:- |  )name: (v\w+)$", text, re.M)
        flags = re.findall(r"^    served: (\w+)$", text, re.M)
        if kind:
            found.setdefault(kind[1], set()).update(name for name, flag in zip(names, flags) if flag == "true")
    return found


def gateway_api(checkout, release):
    standard = crds(checkout, release, "config/crd/standard")
    experimental = crds(checkout, release, "config/crd/experimental")
    all_releases = [tag for tag in releases(checkout) if tuple(map(int, tag[1:].split(".")))[:2] >= OLDEST]
    earlier, last = {}, {}
    for tag in all_releases[:all_releases.index(release) + 1] if release in all_releases else all_releases:
        for kind, names in served_by_release(checkout, tag).items():
            earlier.setdefault(kind, set()).update(names)
            last[kind] = tag
    table = Table()
    for kind in GATEWAY:
        old, new = standard.get(kind), experimental.get(kind)
        if not old and not new:
            # A kind that later releases renamed.
            new = crds(checkout, last[kind], "config/crd/experimental")[kind]
            table.lines.append(f"# {kind}: {last[kind]}, the last release that has it")
        write(table, kind, old, new, earlier.get(kind, set()))
    return [f"# Gateway API {release}. Written by tools/schemas.py: do not edit.", *table.lines]


def kgateway(checkout, release):
    found = crds(checkout, release, "install/helm/kgateway-crds/templates")
    table = Table()
    for kind in KGATEWAY:
        write(table, kind, found[kind], found[kind])
    commit = git(checkout, "rev-parse", "--short=12", release).strip()
    return [f"# kgateway {commit}. Written by tools/schemas.py: do not edit.", *table.lines]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="fail when the tables differ from the CRDs")
    arguments.add_argument("--gateway-api-release", metavar="TAG")
    arguments.add_argument("--kgateway-release", metavar="REF", default="HEAD")
    arguments.add_argument("gateway_api", metavar="GATEWAY_API")
    arguments.add_argument("kgateway", metavar="KGATEWAY")
    given = arguments.parse_args()
    release = given.gateway_api_release or releases(given.gateway_api)[-1]
    differ = False
    for name, lines in (("gateway-api", gateway_api(given.gateway_api, release)),
                        ("kgateway", kgateway(given.kgateway, given.kgateway_release))):
        path, text = TABLES / f"{name}.txt", "\n".join(line.rstrip() for line in lines) + "\n"
        if not given.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.stderr.write(f"{path.name} differs from the CRDs of {release}: run tools/schemas.py\n")
            differ = True
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
