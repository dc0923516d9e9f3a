"""The deployment files say of the proxy what the proxy says of itself."""

import pathlib
import re
import tempfile

import yaml

import certificates
from proxy import Proxy, Test

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "examples/connect_proxy/deploy"
MIB = 1 << 20
# What the file adds to the bound for the kernel's buffers of sockets.
SOCKETS = 256


class Kubernetes(Test):
    def setUp(self):
        self.text = (DEPLOY / "kubernetes.yaml").read_text()
        self.parts = {part["kind"]: part for part in yaml.safe_load_all(self.text)}
        self.pod = self.parts["Deployment"]["spec"]["template"]["spec"]
        (self.container,) = self.pod["containers"]
        self.options = dict(argument[2:].split("=", 1) for argument in self.container["args"])

    def test_the_memory_limit_is_the_bound_that_the_proxy_prints_for_its_arguments(self):
        credentials = self.enter(Credentials())
        places = {"listen-tls": "127.0.0.1:0", "admin": "127.0.0.1:0", "certificate": certificates.path("server.pem"), "key": certificates.path("server.key"), "credentials-file": credentials}
        self.assertLessEqual(set(places), set(self.options))
        arguments = [f"--{name}={places.get(name, value)}" for name, value in self.options.items() if name not in ("admin", "log-format")]
        with Proxy(*arguments, listen=False) as proxy:
            limits = proxy.status()["limits"]
            (printed,) = [line for line in proxy.said if line.startswith("memory bound: ")]
        self.assertEqual((limits["connections"], limits["tunnels"]), (int(self.options["max-connections"]), int(self.options["max-tunnels"])))
        bound = -(-limits["memory_bound"] // MIB)
        limit = self.container["resources"]["limits"]["memory"]
        self.assertEqual(limit, f"{bound + SOCKETS}Mi", printed)
        # The computation above it is the one that the proxy prints.
        comment = self.text[: self.text.index(f"memory: {limit}")].rpartition("limits:")[2]
        for count, what, size in re.findall(r"(\d+) (tunnels|connections) of (\d+) KiB", printed):
            self.assertRegex(comment, rf"{count} {what} +x {size} KiB")
        self.assertEqual(sum(int(number) for number in re.findall(r"= +(\d+) MiB$", comment, re.M)), 2 * bound + SOCKETS)
        self.assertIn(f"{bound} MiB", comment)
        self.assertIn(f"{SOCKETS} MiB", comment)

    def test_the_grace_is_enough_for_a_drain(self):
        drain = re.fullmatch(r"(\d+)m", self.options["drain-timeout"])
        stop = self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreaterEqual(self.pod["terminationGracePeriodSeconds"], int(drain[1]) * 60 + stop + 10)

    def test_ports_are_those_that_it_listens_on(self):
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        listened = {"proxy": self.options["listen-tls"], "admin": self.options["admin"]}
        self.assertEqual(ports, {name: int(address.rpartition(":")[2]) for name, address in listened.items()})
        self.assertEqual(self.container["readinessProbe"]["httpGet"], {"path": "/healthz", "port": "admin"})
        # A proxy that drains says 503 and is alive.
        self.assertEqual(self.container["livenessProbe"]["tcpSocket"], {"port": "admin"})
        self.assertEqual([port["targetPort"] for port in self.parts["Service"]["spec"]["ports"]], ["proxy"])

    def test_everything_is_about_the_same_pods(self):
        labels = self.parts["Deployment"]["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(self.parts["Deployment"]["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.parts["Service"]["spec"]["selector"], labels)
        self.assertEqual(self.parts["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.parts["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"], labels)

    def test_it_needs_no_rights(self):
        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertFalse(self.pod["automountServiceAccountToken"])
        self.assertEqual(self.container["securityContext"], {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})


class Credentials:
    """The file that the secret is mounted as."""

    def __enter__(self):
        self.file = tempfile.NamedTemporaryFile("w")
        self.file.write("alice:open sesame\n")
        self.file.flush()
        return self.file.name

    def __exit__(self, *_):
        self.file.close()
