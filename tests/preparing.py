"""What the suites that are written in Python get ready before their tests run."""

import json
import subprocess
import sys


def python_environment(directory, requirements):
    """The Python of a virtual environment below `directory` that has these packages, pinned in the way of a requirements file."""
    python = directory / "venv/bin/python"
    installed = directory / "requirements.txt"
    if not installed.exists() or installed.read_text() != requirements:
        directory.mkdir(parents=True, exist_ok=True)
        wanted = directory / "wanted.txt"
        wanted.write_text(requirements)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", directory / "venv"], check=True)
            subprocess.run([*pip, "--requirement", wanted], check=True)
        except subprocess.CalledProcessError:
            sys.exit("an environment with packages is needed: apt-get install python3-venv, and PyPI within reach")
        wanted.rename(installed)
    return python


def build(repository, *arguments):
    """{name: executable} of what `cargo build` makes with these arguments. Ends the program where it does not build."""
    command = ["cargo", "build", "--locked", *arguments, "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    built = [message for message in messages if message["reason"] == "compiler-artifact" and message["executable"]]
    return {message["target"]["name"]: message["executable"] for message in built}
