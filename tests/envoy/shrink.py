"""Makes a world that differs as small as it can be, and differ still."""

import copy

# How often a smaller world is tried.
TRIALS = 250


async def shrink(holder, difference):
    """A smaller world with a difference of the same kind; the one given when there is none."""
    best, trials = difference, 0
    progress = True
    while progress:
        progress = False
        for smaller in candidates(best.world.documents):
            if trials >= TRIALS:
                return best
            trials += 1
            world = best.world.with_documents(smaller)
            try:
                found = await holder.hold([world], 0, requests=[plain(best.request)] if best.request else [ANY], times=4)
            except Exception:  # a world too small to be one
                continue
            same = [one for one in found if one.kind == best.kind and one.gateway == best.gateway]
            if same:
                best, progress = same[0], True
                break
    return best


ANY = {"url": "http://a.io/", "method": "GET", "headers": []}


def plain(request):
    return {key: value for key, value in request.items() if key != "gateway"}


def candidates(documents):
    """Every world with one thing less: whole objects first."""
    for at in range(len(documents)):
        if documents[at]["kind"] != "Gateway" or sum(one["kind"] == "Gateway" for one in documents) > 1:
            yield documents[:at] + documents[at + 1:]
    for path in sorted(paths(documents, []), key=len):
        smaller = copy.deepcopy(documents)
        place = smaller
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]
        yield smaller


OPTIONAL = {"filters", "headers", "queryParams", "method", "weight", "hostname", "hostnames", "sectionName", "annotations",
            "labels", "creationTimestamp", "timeouts", "name", "port", "path", "statusCode", "scheme", "percent", "fraction"}


def paths(value, path):
    """Where something may be left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in OPTIONAL and not (key in ("name", "port") and "rules" not in path[-2:]) and len(path) > 1:
                yield path + [key]
            yield from paths(inner, path + [key])
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            if len(path) > 0:
                yield path + [at]
            yield from paths(inner, path + [at])
