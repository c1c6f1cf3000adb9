"""Requests that have a chance to meet a rule: made of the table's own rows, then bent."""

import worlds

HOSTS = ["a.io", "x.a.io", "y.x.a.io", "z.y.x.a.io", "b.io", "c.io", "A.IO", "a.io.", "io", "xa.io"]
TAILS = ["", "", "", "/", "/x", "/x/y", "x", "//x", "/./x", "/../x", "/..", "/%41", "/%2Fx", "/%2e%2e/b", "/a%20b", "\\x", "/x;y", "/~",
         "/%", "/%zz", "//", "/a//b/../c", "%20", "/|", "/{x}", "/^", "/a+b", "/%7e", "/[x]", "/\"", "/<x>"]
QUERIES = ["", "", "", "?", "?q=1", "?q=2&q=1", "?p=1&q=1", "?q", "?q=", "?Q=1", "?q=%31", "?a%20b=1", "?q=1&&p=2", "?=1", "?q=a=b", "?q=/../x", "?a[]=1", "?q=a,b", "?q=http"]


def requests(rng, configurations, places, count):
    """`count` requests for one Gateway. `places`: by configuration name, the port and whether it speaks TLS."""
    rows = []
    for configuration in configurations:
        port, tls = places[configuration["name"]]
        hosts = configuration.get("virtual_hosts", [])
        rows += [(port, tls, host["domains"][0], row) for host in hosts for row in host.get("routes", [])]
        if not hosts:
            rows.append((port, tls, "*", None))
    out = []
    while rows and len(out) < count:
        order = rows[:]
        rng.shuffle(order)
        out += [request(rng, *row) for row in order]
    return out[:count]


def request(rng, port, tls, domain, row):
    scheme = "https" if tls else "http"
    if rng.random() < 0.02:
        scheme = "http" if tls else "https"
    default = {"http": 80, "https": 443}[scheme]
    at = "" if port == default and rng.random() < 0.8 else f":{port}"
    host = host_for(rng, domain)
    path, query, method, headers = "/", rng.choice(QUERIES), "GET", []
    if row is not None and rng.random() < 0.93:
        match = row["match"]
        path = path_for(rng, match)
        for test in match.get("headers", []):
            if test["name"] == ":method":
                method = test["string_match"]["exact"]
            elif rng.random() < 0.9:
                headers.append([bent(rng, test["name"]), value_for(rng, test)])
        params = [f"{test['name'].replace(' ', '%20')}={value_for(rng, test).replace(' ', '%20')}"
                  for test in match.get("query_parameters", []) if rng.random() < 0.9]
        if params:
            query = "?" + "&".join(params + ([query[1:]] if query and rng.random() < 0.3 else []))
    else:
        path = "".join(f"/{one}" for one in rng.choices(worlds.SEGMENTS, k=rng.randint(0, 3))) or "/"
    if rng.random() < 0.1:
        method = rng.choice(worlds.METHODS + ["FOO", "get", "PURGE", "TRACE"])
    if rng.random() < 0.15:
        headers.append([rng.choice(worlds.HEADERS), rng.choice(worlds.VALUES)])
    if rng.random() < 0.05 and headers:
        headers.append([rng.choice(headers)[0], rng.choice(worlds.VALUES)])
    if rng.random() < 0.05:
        headers.append(["Host", host_for(rng, domain) + rng.choice(["", ":1234", ":80"])])
    # A request has one host: a second `Host` line is a 400 of its own.
    hosts = [one for one in headers if one[0].lower() == "host"]
    headers = [one for one in headers if one[0].lower() != "host" or (one is hosts[0] and one[1] not in ("", "a b", "a,b", "%31"))]
    return {"url": f"{scheme}://{host}{at}{path}{query}", "method": method,
            "headers": [{"name": name, "value": value} for name, value in headers]}


def bent(rng, name):
    return rng.choice([name, name, name.upper(), name.title()])


def host_for(rng, domain):
    if rng.random() < 0.07:
        return rng.choice(HOSTS)
    if domain.startswith("*."):
        return rng.choice(["w", "v.w", "x", "W"]) + domain[1:]
    return domain if domain != "*" else rng.choice(HOSTS)


def path_for(rng, match):
    bend = rng.random()
    if "path" in match:
        path = match["path"]
        return path if bend < 0.8 else path + rng.choice(TAILS)
    if "safe_regex" in match:
        regex = match["safe_regex"]["regex"]
        for known, samples in worlds.REGEXES.items():
            if regex.endswith(known) or regex.endswith(known.lstrip("^")):
                base = regex[: len(regex) - len(known.lstrip("^"))] if not regex.endswith(known) else regex[: -len(known)]
                return (base + rng.choice(samples)).replace("\\", "") or "/"
        return "/" + regex.strip("/^$").replace("\\", "").replace(".+", "x").replace("(", "").replace(")", "")
    prefix = match.get("path_separated_prefix") or match.get("prefix", "/")
    if prefix == "/":
        prefix = rng.choice(["/", "/x", ""])
    path = prefix + rng.choice(TAILS)
    if bend < 0.05:
        path = path.replace("a", "%61", 1)
    elif bend < 0.08:
        path = path.upper()
    return path if path.startswith("/") else "/" + path


def value_for(rng, test):
    match = test.get("string_match")
    if match is None:
        return rng.choice(["", "x", "1"])
    if "exact" in match:
        value = match["exact"]
        return value if rng.random() < 0.9 else rng.choice([value + "x", value.upper(), ""])
    return rng.choice(worlds.VALUE_REGEXES.get(match["safe_regex"]["regex"], ["1", "x"]))
