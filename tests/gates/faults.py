"""The faults that are planted, one at a time, and the gate that must catch each.

A fault changes one text in one file. To add one, write one more `Fault` in FAULTS: the text that it replaces must
stand in the file exactly as often as `count` says, so that a fault that no longer hits anything is noticed.
"""

from dataclasses import dataclass

# Gates, as command lines after the interpreter. They are what `make test` runs, cut down to what can see the fault.
DRIFT = ("-m", "vae_course.cli", "build", "--check")
LESSON = "01_reparameterization"
STRICT = (
    "-m",
    "pytest",
    "-q",
    "-x",
    *"-p tests.skip_gate -p tests.teach.authoring.nbval_like_build".split(),
    "--nbval",
)
LAX = ("-m", "pytest", "-q", "-x", "-p", "tests.skip_gate", "--nbval-current-env", "--nbval-lax")
BROWSER = ("-m", "pytest", "-q", "-x", "tests/browser", "-k", f"before_anything and {LESSON}")


@dataclass(frozen=True)
class Fault:
    """`old` becomes `new` in `file`; `gate` must then fail, and say `says`."""

    name: str
    file: str
    old: str
    new: str
    gate: tuple[str, ...]
    says: str
    count: int = 1


# A worker outside of the box, which loads torch before it becomes nobody, and does not shut its children in. The gate runs
# one attack, which reads one file of its test.
NO_SANDBOX = """    if python[0] == "-c":
        env = ENVIRONMENT | dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), os.environ["VAE_COURSE_HOME"])
        load = (
            f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); from vae_course.runner import confinement, worker; "
            "worker._load(); worker._load = lambda: None; confinement.confine = lambda *args, **kwargs: None; "
        )
        return ["env", *(f"{name}={value}" for name, value in env.items()), executable(), "-c", load + python[1], python[2]]
    bwrap = walls("CAP_SETUID", "CAP_SETGID")"""

FAULTS = (
    Fault(
        "a sign in a solution",
        "solutions/02_kl_divergence.py",
        "torch.log(pv) - torch.log(qv)",
        "torch.log(pv) + torch.log(qv)",
        gate=(
            "-m",
            "pytest",
            "-q",
            "-x",
            "tests/teach/reference/test_answer_key.py",
            "-k",
            "its_own_exercises and kl_normal",
        ),
        says="kl_normal",
    ),
    Fault(
        "a slip in a solution's source",
        f"solutions/{LESSON}.py",
        "return m + torch.sqrt(v) * noise",
        "return m - 1 + torch.sqrt(v) * noise",
        gate=(*DRIFT, LESSON),
        says=f"solutions/{LESSON}.ipynb",
    ),
    Fault(
        "a wrong answer in a solved lesson",
        f"solutions/{LESSON}.ipynb",
        "return m + torch.sqrt(v) * noise",
        "return m + v * noise",
        gate=(*STRICT, f"solutions/{LESSON}.ipynb"),
        says="failed",
    ),
    Fault(
        "a drifted notebook",
        f"notebooks/{LESSON}.ipynb",
        "Draw z from N(m, v)",
        "Draw x from N(m, v)",
        gate=(*DRIFT, LESSON),
        says=f"notebooks/{LESSON}.ipynb",
    ),
    Fault(
        "a stub that raises at import",
        f"notebooks/{LESSON}.ipynb",
        '"predict_noise = {',
        '"raise NotImplementedError\\n",\n    "predict_noise = {',
        gate=(*LAX, f"notebooks/{LESSON}.ipynb"),
        says="NotImplementedError",
    ),
    Fault(
        "a lesson that does not fit on Binder",
        f"notebooks/{LESSON}.ipynb",
        '"predict_noise = {',
        '"import torch; too_much = torch.zeros(400_000_000); del too_much\\n",\n    "predict_noise = {',
        gate=(*LAX, "-p", "tests.memory_gate", f"notebooks/{LESSON}.ipynb"),
        says="a lesson may hold 1.5 GB",
    ),
    Fault(
        "a dead widget",
        "vae_course/figures/widgets.py",
        'control.observe(moved, "value")',
        'control.observe(lambda change: None, "value")',
        gate=BROWSER,
        says="sliders or menus that change nothing",
    ),
    Fault(
        "a widget that cannot be drawn",
        "vae_course/sliders.py",
        "    display(box)\n",
        "    display({'application/vnd.jupyter.widget-view+json': {'model_id': 'gone', 'version_major': 2}}, raw=True)\n",
        gate=BROWSER,
        says="broken_widgets(<Page",
    ),
    Fault(
        "a wrong sha256",
        "vae_course/data/mnist.py",
        "ba891046e6505d7a",
        "ba891046e6505d7b",
        gate=("-m", "pytest", "-q", "-x", "tests/data/test_mnist.py"),
        says="sha256",
    ),
    Fault(
        "an import that points upwards",
        "vae_course/given.py",
        "from vae_course import nns, weights",
        "from vae_course import nns, weights\nfrom vae_course.teach import reference  # noqa: F401",
        gate=("-m", "pytest", "-q", "-x", "tests/test_house.py", "-k", "downwards or student"),
        says="imports vae_course.teach.reference",
    ),
    Fault(
        "a worker without the sandbox",
        "vae_course/teach/grading/sandbox/sandbox.py",
        '    bwrap = walls("CAP_SETUID", "CAP_SETGID")',
        NO_SANDBOX,
        gate=("-m", "pytest", "-q", "-x", "tests/submissions/test_attacks.py", "-k", "mildest"),
        says="read 1 a file: kl_normal: expected Row(status='raised'",
    ),
    Fault(
        "a pin that is not what is installed",
        "constraints.txt",
        "jupyterlab==4",
        "jupyterlab==3",
        gate=("-m", "pytest", "-q", "-x", "tests/test_environment.py", "-k", "pinned"),
        says="jupyterlab",
    ),
    Fault(
        "a module that only POSIX has in what learners import",
        "vae_course/workspace.py",
        "import os\nimport shutil\n",
        "import fcntl\nimport os\nimport shutil\n",
        gate=("-m", "pytest", "-q", "-x", "tests/test_systems.py", "-k", "imported"),
        says="No module named 'fcntl'",
    ),
    Fault(
        "a version that the changelog does not know",
        "pyproject.toml",
        'version = "0.2.0"',
        'version = "0.3.0"',
        gate=("-m", "pytest", "-q", "-x", "tests/test_papers.py"),
        says="'0.3.0'",
    ),
    Fault(
        "a link of the site that leads nowhere",
        "vae_course/teach/authoring/site/build.py",
        'f"../slides/{path.stem}.html"',
        'f"../slide/{path.stem}.html"',
        gate=("-m", "pytest", "-q", "-x", "tests/browser/test_site.py", "-k", "leads_somewhere"),
        says=": ../slide/",
    ),
    Fault(
        "a page of the site that asks for something of a network",
        "vae_course/teach/authoring/site/assets/site.css",
        "h1, h2, h3, dt.sig",
        '@import url("https://example.org/fonts.css");\nh1, h2, h3, dt.sig',
        gate=("-m", "pytest", "-q", "-x", "tests/browser/test_site.py", "-k", "formulas"),
        says="https://example.org/fonts.css",
    ),
)
