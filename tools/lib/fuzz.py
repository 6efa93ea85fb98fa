"""Runs one libFuzzer program for a while; not again while it is the same program with the same seeds."""

import argparse
import hashlib
import pathlib
import subprocess
import sys


def fingerprint(paths, extra):
    digest = hashlib.sha256(extra.encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=pathlib.Path, required=True)
    parser.add_argument("--keep", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0, help="of what it tries; 0 is another one each time")
    options = parser.parse_args()

    corpus = options.keep / "corpus"
    artifacts = options.keep / "artifacts"
    for folder in (corpus, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = sorted(options.seeds.iterdir()) if options.seeds.is_dir() else []
    if not seeds:
        print(f"no seeds in {options.seeds}")
        return 1
    stamp = options.keep / f"passed-{options.seconds}"
    now = fingerprint([options.program, *seeds], str(options.seconds))
    if stamp.exists() and stamp.read_text() == now:
        print("unchanged since it passed")
        return 0
    stamp.unlink(missing_ok=True)
    # What hangs, hangs: what is only slow may be the machine's doing.
    result = subprocess.run([options.program, f"-max_total_time={options.seconds}", f"-seed={options.seed}", "-timeout=60",
                             "-rss_limit_mb=2048", f"-artifact_prefix={artifacts}/", "-print_final_stats=1",
                             corpus, options.seeds])
    if result.returncode == 0:
        stamp.write_text(now)
    else:
        print(f"what it found is kept in {artifacts}; add it to {options.seeds} with the mend")
    return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
