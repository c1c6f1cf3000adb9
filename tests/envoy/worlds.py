"""Random worlds: few names, so that things meet, and every feature of a route, so that they meet in odd ways.

A world is a list of Kubernetes objects and the control-plane settings to answer under. It is made of one `random.Random`
alone: the same seed makes the same world.
"""

GATEWAY_API = "gateway.networking.k8s.io"
KGATEWAY = "gateway.kgateway.dev"
NAMESPACES = ["a", "b", "c"]
SERVICES = ["s1", "s2", "s3"]
PORTS = [80, 8080]
LABELS = ["l1", "l2"]
HOSTS = ["a.io", "x.a.io", "y.x.a.io", "b.io", "*.a.io", "*.x.a.io", "*.io"]
SEGMENTS = ["a", "b", "ab", "a.b", "a+b", "A", "v1", "%41", "a%20b", "a-b_c~d", "a:b", "a,b;c=d", "(a)", "'a'", "$a", "*"]
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
HEADERS = ["x-a", "X-A", "x-b", "x-c_d", "x-a", "X-A", "x-b", "x-c_d", "accept", "user-agent", "host", "cookie", "content-type",
           "referer", "authorization", "via", "origin", "te", "connection", "x-forwarded-for", "x-forwarded-proto",
           "x-forwarded-host", "x-forwarded-port", "x-request-id", "x-envoy-external-address", "x-envoy-original-path",
           "x-envoy-internal", "x-envoy-max-retries", "x-envoy-attempt-count", "x-forwarded-client-cert"]
PARAMS = ["q", "Q", "p", "a b", "a[]"]
VALUES = ["1", "2", "", "a,b", "a b", "http", "https", "%31", "trailers", "http://a.io/"]
# Each with texts that it matches, or nearly.
REGEXES = {
    "/a.*": ["/a", "/ab", "/a/b", "/b"],
    "/[ab]/?": ["/a", "/b/", "/c"],
    "/a|/b": ["/a", "/b", "/ab"],
    "(/a)+": ["/a/a", "/a", "/b"],
    ".*": ["/", "/z"],
    "/v[0-9]+/[^/]+": ["/v1/x", "/v1/x/y", "/v/x"],
    "/(?i)a": ["/A", "/a"],
    "/a\\.b": ["/a.b", "/axb"],
    "/\\d{2,3}(/.*)?": ["/12", "/12/x", "/1234"],
    "^/a$": ["/a", "/a/"],
    "/a(/|$)": ["/a", "/a/"],
    "(?:/a|/a/b)": ["/a/b", "/a"],
    "/[[:alpha:]]+": ["/ab", "/1"],
}
VALUE_REGEXES = {"1|2": ["1", "2", "12"], ".*": ["", "x"], "[a-z]+": ["ab", "a1"], "a,b": ["a,b"], "^1$": ["1"], ".+": ["", "x"]}


class World:
    def __init__(self, seed, documents, settings):
        self.seed, self.documents, self.settings = seed, documents, settings

    def text(self):
        import json
        return "\n---\n".join(json.dumps(one, indent=1) for one in self.documents) + "\n"

    def with_documents(self, documents):
        return World(self.seed, documents, self.settings)


def world(rng, seed):
    maker = Maker(rng)
    documents = maker.everything()
    settings = []
    if rng.random() < 0.2:
        settings.append("--kgateway-weighted-route-precedence")
    if rng.random() < 0.1:
        settings += ["--kgateway-reference-grant-mode", rng.choice(["off", "strict"])]
    return World(seed, documents, settings)


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.names = 0
        self.routes = []

    def chance(self, share):
        return self.rng.random() < share

    def some(self, items, low, high):
        return [self.rng.choice(items) for _ in range(self.rng.randint(low, high))]

    def everything(self):
        rng = self.rng
        gateways = [self.gateway(f"gw{at}") for at in range(1 if self.chance(0.8) else 2)]
        for gateway in gateways:
            for _ in range(rng.randint(1, 4)):
                self.root(gateway)
        services = [self.object("v1", "Service", name, namespace, {"ports": [{"port": port} for port in PORTS]})
                    for namespace in NAMESPACES for name in SERVICES if self.chance(0.9)]
        backends = [self.object(f"{KGATEWAY}/v1alpha1", "Backend", f"ext{at}", namespace,
                                {"type": "Static", "static": {"hosts": [{"host": "ext.example.com", "port": 443}]}})
                    for at, namespace in enumerate(NAMESPACES)]
        answers = [self.object(f"{KGATEWAY}/v1alpha1", "DirectResponse", "answer", namespace,
                               {"status": rng.choice([200, 204, 404, 418, 503]), "body": "answer"})
                   for namespace in NAMESPACES]
        grants = [self.object(f"{GATEWAY_API}/v1beta1", "ReferenceGrant", "grant", namespace, {
            "from": [{"group": GATEWAY_API, "kind": kind, "namespace": other} for kind in ["HTTPRoute", "GRPCRoute"]
                     for other in NAMESPACES],
            "to": [{"group": "", "kind": "Service"}]}) for namespace in NAMESPACES if self.chance(0.6)]
        spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES]
        rng.shuffle(self.routes)
        return spaces + gateways + self.routes + services + backends + answers + grants

    def object(self, api, kind, name, namespace, spec):
        return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}

    def gateway(self, name):
        rng = self.rng
        listeners, taken = [], set()
        for at in range(rng.randint(1, 4)):
            port = rng.choice([80, 80, 8080, 443, 443, 8443])
            host = rng.choice([None, None] + HOSTS)
            if (port, host) in taken:
                continue
            taken.add((port, host))
            listener = {"name": f"l{at}", "port": port, "protocol": "HTTPS" if port in (443, 8443) else "HTTP",
                        "allowedRoutes": {"namespaces": {"from": "All"}}}
            if host:
                listener["hostname"] = host
            if listener["protocol"] == "HTTPS":
                listener["tls"] = {"certificateRefs": [{"name": "certificate"}]}
            listeners.append(listener)
        return self.object(f"{GATEWAY_API}/v1", "Gateway", name, "a", {"gatewayClassName": "kgateway", "listeners": listeners})

    def route(self, namespace, spec, kind="HTTPRoute", labels=None, annotations=None):
        self.names += 1
        route = self.object(f"{GATEWAY_API}/v1", kind, f"r{self.names}", namespace, spec)
        if self.chance(0.7):
            route["metadata"]["creationTimestamp"] = f"2026-01-0{self.rng.randint(1, 3)}T00:00:00Z"
        if labels:
            route["metadata"]["labels"] = labels
        annotations = dict(annotations or {})
        if self.chance(0.2):
            annotations["kgateway.dev/route-weight"] = str(self.rng.randint(-2, 3))
        if self.chance(0.1):
            annotations["kgateway.dev/inherited-policy-priority"] = self.rng.choice(
                ["ShallowMergePreferParent", "ShallowMergePreferChild", "DeepMergePreferParent", "DeepMergePreferChild"])
        if annotations:
            route["metadata"]["annotations"] = annotations
        self.routes.append(route)
        return route

    def root(self, gateway):
        rng = self.rng
        parent = {"name": gateway["metadata"]["name"], "namespace": "a"}
        if self.chance(0.3):
            parent["sectionName"] = rng.choice(gateway["spec"]["listeners"])["name"]
        spec = {"parentRefs": [parent]}
        if self.chance(0.6):
            spec["hostnames"] = sorted(set(self.some(HOSTS, 1, 3)))
        namespace = rng.choice(NAMESPACES)
        if self.chance(0.1):
            spec["rules"] = [self.grpc_rule() for _ in range(rng.randint(1, 3))]
            self.route(namespace, spec, kind="GRPCRoute")
            return
        spec["rules"] = self.rules(namespace, "", 0)
        self.route(namespace, spec)

    def rules(self, namespace, under, depth):
        rules = []
        for at in range(self.rng.randint(1, 4)):
            rule = self.rule(namespace, under, depth)
            if self.chance(0.2):
                rule["name"] = f"rule{at}"
            rules.append(rule)
        return rules

    def rule(self, namespace, under, depth):
        rng = self.rng
        matches = [self.match(under) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        rule = {"matches": matches}
        if self.chance(0.05) and not under:
            del rule["matches"]
        if depth < 3 and self.chance(0.45 - 0.1 * depth):
            refs = [self.delegate(namespace, matches[0], depth) for _ in range(rng.choice([1, 1, 1, 2]))]
            if self.chance(0.1):
                refs.append(self.backend(namespace))
            rule["backendRefs"] = refs
            if self.chance(0.2):
                rule["filters"] = [self.rewrite()]
            return rule
        what = rng.random()
        if what < 0.12:
            rule["filters"] = [self.redirect()]
        elif what < 0.18:
            name = rng.choice(["answer", "answer", "answer", "gone"])
            rule["filters"] = [{"type": "ExtensionRef", "extensionRef": {"group": KGATEWAY, "kind": "DirectResponse", "name": name}}]
        elif what < 0.22:
            pass
        else:
            rule["backendRefs"] = [self.backend(namespace) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
            filters = []
            if self.chance(0.3):
                filters.append(self.rewrite())
            if self.chance(0.15):
                filters.append(self.headers())
            if self.chance(0.12):
                filters.append(self.mirror(namespace))
            if filters:
                rule["filters"] = filters
            if self.chance(0.1):
                rule["timeouts"] = {"request": rng.choice(["10s", "1m", "0s", "9s500ms"])}
        return rule

    def path(self, under):
        tail = "".join(f"/{one}" for one in self.some(SEGMENTS, 0, 2))
        if under and not self.chance(0.08):
            if self.chance(0.05):
                return under.rstrip("/") + "x" + tail
            path = under.rstrip("/") + tail
        else:
            path = tail
        if self.chance(0.1):
            path += "/"
        return path or "/"

    def match(self, under):
        rng = self.rng
        kind = rng.choice(["PathPrefix", "PathPrefix", "PathPrefix", "Exact", "RegularExpression"])
        if kind == "RegularExpression":
            value = rng.choice(list(REGEXES))
            if under and self.chance(0.8):
                value = under.rstrip("/") + value.lstrip("^")
        else:
            value = self.path(under)
        match = {"path": {"type": kind, "value": value}}
        if self.chance(0.15):
            match["method"] = rng.choice(METHODS)
        if self.chance(0.25):
            match["headers"] = self.tests(HEADERS)
        if self.chance(0.15):
            match["queryParams"] = self.tests(PARAMS)
        return match

    def tests(self, names):
        tests = {}
        for _ in range(self.rng.choice([1, 1, 2])):
            name = self.rng.choice(names)
            if self.chance(0.3):
                test = {"name": name, "type": "RegularExpression", "value": self.rng.choice(list(VALUE_REGEXES))}
            else:
                test = {"name": name, "type": "Exact", "value": self.rng.choice(VALUES)}
            tests[name] = test
        return list(tests.values())

    def backend(self, namespace):
        rng = self.rng
        ref = {"name": rng.choice(SERVICES), "port": rng.choice(PORTS)}
        what = rng.random()
        if what < 0.05:
            ref["name"] = "gone"
        elif what < 0.08:
            ref["port"] = 9999
        elif what < 0.11:
            ref = {"group": "example.com", "kind": "Widget", "name": "w"}
        elif what < 0.2:
            at = rng.randrange(len(NAMESPACES))
            ref = {"group": KGATEWAY, "kind": "Backend", "name": f"ext{at}", "namespace": NAMESPACES[at]}
            if self.chance(0.1):
                ref["port"] = 443
        elif what < 0.35:
            ref["namespace"] = rng.choice(NAMESPACES)
        if self.chance(0.4):
            ref["weight"] = rng.choice([0, 1, 1, 2, 10])
        return ref

    def delegate(self, namespace, match, depth):
        """A delegating ref, and mostly also what it selects."""
        rng = self.rng
        under = match["path"]["value"] if match["path"]["type"] == "PathPrefix" else ""
        space = rng.choice(NAMESPACES)
        labels, annotations, by = None, {}, rng.choice(["name", "name", "label", "wildcard"])
        if by == "label":
            label = rng.choice(LABELS)
            labels = {"delegation.kgateway.dev/label": label}
            where = rng.choice([space, space, "all"])
            ref = {"group": "delegation.kgateway.dev", "kind": "label", "name": label, "namespace": where}
        else:
            ref = {"group": GATEWAY_API, "kind": "HTTPRoute", "name": "*", "namespace": space}
        if self.chance(0.08):
            # Nothing, or a cycle, or something made for another.
            ref["name"] = rng.choice(["nobody", f"r{rng.randint(1, 6)}"])
            return ref
        inherits = self.chance(0.25)
        if inherits:
            annotations["delegation.kgateway.dev/inherit-parent-matcher"] = "true"
        spec = {"rules": self.rules(space, "" if inherits else under, depth + 1)}
        if not inherits:
            # Children must repeat what their parent demands.
            for rule in spec["rules"]:
                for child in rule.get("matches", []):
                    if self.chance(0.9):
                        for key in ("headers", "queryParams"):
                            names = {test["name"] for test in match.get(key, [])}
                            own = [test for test in child.get(key, []) if test["name"] not in names]
                            if match.get(key) or own:
                                child[key] = match.get(key, []) + own
                        if "method" in match:
                            child["method"] = match["method"]
        route = self.route(space, spec, labels=labels, annotations=annotations)
        if by == "name":
            ref["name"] = route["metadata"]["name"]
        return ref

    def rewrite(self):
        rewrite = {}
        if self.chance(0.8):
            value = self.rng.choice(["/", "/n", "/n/", "/n/m", "/a%20b", "/a.b"])
            if self.chance(0.6):
                rewrite["path"] = {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}
            else:
                rewrite["path"] = {"type": "ReplaceFullPath", "replaceFullPath": value}
        if self.chance(0.4) or not rewrite:
            rewrite["hostname"] = self.rng.choice(["new.io", "b.io"])
        return {"type": "URLRewrite", "urlRewrite": rewrite}

    def redirect(self):
        rng, redirect = self.rng, {}
        if self.chance(0.5):
            redirect["scheme"] = rng.choice(["http", "https"])
        if self.chance(0.4):
            redirect["hostname"] = rng.choice(["new.io", "b.io"])
        if self.chance(0.3):
            redirect["port"] = rng.choice([80, 443, 8080, 8443])
        if self.chance(0.5):
            value = rng.choice(["/", "/n", "/n/"])
            redirect["path"] = rng.choice([{"type": "ReplaceFullPath", "replaceFullPath": value},
                                           {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}])
        if self.chance(0.7):
            redirect["statusCode"] = rng.choice([301, 302, 303, 307, 308])
        return {"type": "RequestRedirect", "requestRedirect": redirect}

    def headers(self):
        modifier = {}
        for change in self.some(["set", "add", "remove"], 1, 2):
            name = self.rng.choice(["x-a", "x-new"])
            modifier[change] = [name] if change == "remove" else [{"name": name, "value": "v"}]
        kind = self.rng.choice(["RequestHeaderModifier", "ResponseHeaderModifier"])
        return {"type": kind, kind[0].lower() + kind[1:]: modifier}

    def mirror(self, namespace):
        ref = {"name": self.rng.choice(SERVICES + ["gone"]), "port": self.rng.choice(PORTS)}
        if self.chance(0.3):
            ref["namespace"] = self.rng.choice(NAMESPACES)
        mirror = {"backendRef": ref}
        if self.chance(0.4):
            mirror["percent"] = self.rng.choice([0, 50, 100])
        elif self.chance(0.3):
            mirror["fraction"] = {"numerator": self.rng.choice([0, 1, 3]), "denominator": 3}
        return {"type": "RequestMirror", "requestMirror": mirror}

    def grpc_rule(self):
        rng = self.rng
        method = {}
        if self.chance(0.8):
            method["service"] = rng.choice(["a.S", "b.S"])
        if self.chance(0.7) or not method:
            method["method"] = rng.choice(["Get", "List"])
        if self.chance(0.2):
            method["type"] = "RegularExpression"
        match = {"method": method}
        if self.chance(0.2):
            match["headers"] = [{"name": "x-a", "value": "1", "type": "Exact"}]
        return {"matches": [match], "backendRefs": [self.backend("a")]}
