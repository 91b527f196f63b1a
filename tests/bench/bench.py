#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure OpenSSPI beside its peers and say which targets are met.

Each library is measured in a process of its own, told what to run over a pipe (bench.h).  Ours
and the peers take turns, in short runs, so that a machine that drifts drifts for all of them; a
ratio is the median of the ratios of each turn, of thread CPU time per operation.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

USER_NT_HASH = "d5922a65c4d5c082ca444af1be0001db"  # MD4 of "P4ss123!" in UTF-16
ZEROS = "0" * 32
SIZES = (64, 1024, 16384, 1048576)
TLS_CIPHERS = {"tls13/aes128": "TLS 1.3 AES-128-GCM", "tls13/aes256": "TLS 1.3 AES-256-GCM",
               "tls13/chacha20": "TLS 1.3 ChaCha20", "tls12/aes256": "TLS 1.2 AES-256-GCM"}
TLS_HANDSHAKES = {"full/ecdsa": "full, P-256", "full/rsa": "full, RSA-2048", "resumed": "resumed"}


class Missing(Exception):
    """Something cannot be measured, and why."""


class Program:
    """One measuring process; started at first use, asked one thing at a time."""

    def __init__(self, name, argv, env):
        self.name, self.argv, self.env = name, argv, env
        self.process = None
        self.problem = None if os.access(argv[0], os.X_OK) else "not built"

    def tell(self, line):
        if self.problem:
            raise Missing(f"{self.name}: {self.problem}")
        if not self.process:
            self.process = subprocess.Popen(
                self.argv, env={**os.environ, **self.env}, text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.process.stdin.write(line + "\n")
        except BrokenPipeError:
            pass  # its last words say why

    def hear(self):
        answer = self.process.stdout.readline().strip()
        if not answer.startswith("ok "):
            self.problem = answer[3:] if answer.startswith("no ") else "ended without a word"
            self.close()
            raise Missing(f"{self.name}: {self.problem}")
        return answer[3:]

    def ask(self, line):
        self.tell(line)
        return self.hear()

    def info(self):
        return self.ask("info")

    def run(self, case, threads, ms):
        """Nanoseconds of CPU an operation, operations a second, waits an operation."""
        return tuple(float(x) for x in self.ask(f"run {case} {threads} {ms}").split())

    def prepare(self, case):
        """Have everything made that the first run of a case makes."""
        self.run(case, 1, 1)

    def memory(self, case, pairs):
        """Bytes a pair: handed out by malloc, anonymous and resident, left after deletion."""
        return [float(x) for x in self.ask(f"memory {case} {pairs}").split()]

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


class Twins:
    """Two processes that run the same at the same time, a CPU each, and share nothing: the most
    that two threads can do on this machine."""

    def __init__(self, argv, env):
        self.both = [Program("a process of two", argv, {**env, "BENCH_SKIP": str(i)})
                     for i in range(2)]

    def run(self, case, _threads, ms):
        for p in self.both:
            p.prepare(case)
        for p in self.both:
            p.tell(f"run {case} 1 {ms}")
        one, two = [[float(x) for x in p.hear().split()] for p in self.both]
        return (one[0] + two[0]) / 2, one[1] + two[1], (one[2] + two[2]) / 2

    def close(self):
        for p in self.both:
            p.close()


class Row:
    """A line of the report."""

    def __init__(self, measure, ours, peer, ratio, target, met, note=""):
        self.measure, self.ours, self.peer = measure, ours, peer
        self.ratio, self.target, self.met, self.note = ratio, target, met, note

    def cells(self):
        met = {True: "yes", False: "NO", None: "-"}[self.met]
        return [self.measure, self.ratio, self.target, met, self.ours, self.peer, self.note]


# --- numbers as people read them ------------------------------------------------------------------

def time_text(ns):
    if ns < 1e3:
        return f"{ns:.1f} ns"
    return f"{ns / 1e3:.2f} us" if ns < 1e6 else f"{ns / 1e6:.3f} ms"


def bytes_text(n):
    return f"{n / 1000:.2f} kB"


def size_text(n):
    return {64: "64 B", 1024: "1 KiB", 16384: "16 KiB", 1048576: "1 MiB"}[n]


def table(head, rows):
    widths = [max(len(str(r[i])) for r in [head] + rows) for i in range(len(head))]
    for r in [head, ["-" * w for w in widths]] + rows:
        print("  ".join(str(c).ljust(w) for c, w in zip(r, widths)).rstrip())


# --- the ground: manifests and accounts -----------------------------------------------------------

class Ground:
    """A folder of manifests, modules and account files; gone at the end."""

    def __init__(self, build, modules):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix="sspi-bench-")
        os.chmod(self.folder, 0o755)
        self.modules = self.path("modules")
        os.mkdir(self.modules, 0o755)
        self.found = {}
        for name in modules + ["plug"]:
            self.take_module(name)
        self.write("smbpasswd", f"DOMAIN\\username:1000:{ZEROS}:{USER_NT_HASH}:"
                                "[U          ]:LCT-00000000:\n")
        self.write("smbpasswd.ours", f"username:1000:{ZEROS}:{USER_NT_HASH}:"
                                     "[U          ]:LCT-00000000:\n")
        self.write("passwords", "DOMAIN:username:P4ss123!\n")
        self.measured = self.manifest("measured", self.packages())
        self.twenty = self.manifest("twenty", [self.entry(f"Bench{i:02}") for i in range(20)])

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(text)
        return self.path(name)

    def take_module(self, name):
        for where in (".libs", f"plugins/{name}/.libs", "tests/bench/.libs"):
            path = os.path.join(self.build, where, name + ".so")
            if os.path.exists(path):
                self.found[name] = shutil.copy(path, self.modules)
                os.chmod(self.found[name], 0o755)

    @staticmethod
    def entry(name):
        return {"name": name, "module": "plug.so", "capabilities": ["connection"], "max_token": 16}

    def packages(self):
        plug = self.entry("BenchPlug")
        plug["comment"] = "calls that cost nothing"
        all_of_them = [plug]
        if "ntlm" in self.found:
            all_of_them.append({"name": "NTLM", "module": "ntlm.so",
                                "settings": {"user_file": self.path("smbpasswd.ours")}})
        if "negotiate" in self.found:
            all_of_them.append({"name": "Negotiate", "module": "negotiate.so"})
        return all_of_them

    def manifest(self, name, entries):
        root = self.path(name)
        os.makedirs(os.path.join(root, "packages.d"), 0o755)
        with open(os.path.join(root, "sspi.json"), "w", encoding="utf-8") as f:
            json.dump({"module_folder": self.modules}, f)
        for e in entries:
            with open(os.path.join(root, "packages.d", e["name"].lower() + ".json"), "w",
                      encoding="utf-8") as f:
                json.dump(e, f, indent=4)
        return root

    def gone(self):
        shutil.rmtree(self.folder, ignore_errors=True)


# --- measuring ------------------------------------------------------------------------------------

class Bench:
    def __init__(self, options):
        self.options = options
        self.ground = Ground(options.build, ["ntlm", "negotiate", "tls"])
        self.rows, self.raw, self.missing = [], {}, []
        here = os.path.join(options.build, "tests", "bench")
        env = {"SSPI_CONFIG": self.ground.measured, "SSPI_TRACE": "",
               "BENCH_PLUG": self.ground.found.get("plug", "")}
        plain = {"NTLM_USER_FILE": self.ground.path("passwords")}
        hashed = {"NTLM_USER_FILE": self.ground.path("smbpasswd")}
        self.ours = Program("ours", [os.path.join(here, "ours")], env)
        self.winpr = Program("WinPR", [os.path.join(here, "winpr")], {})
        self.gss = Program("gss-ntlmssp (hash file)", [os.path.join(here, "gss")], hashed)
        self.gss_plain = Program("gss-ntlmssp (password file)", [os.path.join(here, "gss")], plain)
        dispatch = [os.path.join(here, "dispatch")]
        few, many = {**env, "BENCH_LIVE": "10"}, {**env, "BENCH_LIVE": "1000000"}
        self.few = Program("dispatch", dispatch, few)
        self.many = Program("dispatch, 1,000,000 alive", dispatch, many)
        self.twins = Twins([os.path.join(here, "ours")], env)
        self.twins_few = Twins(dispatch, few)
        tls = [os.path.join(here, "tls")]
        own_folder = {"SSP_TEST_PACKAGES": self.ground.modules, "SSPI_TRACE": "",
                      "TMPDIR": self.ground.folder}
        self.tls = Program("TLS", tls, own_folder)
        self.twins_tls = Twins(tls, own_folder)
        self.firstuse = os.path.join(here, "firstuse")
        self.programs = [self.ours, self.winpr, self.gss, self.gss_plain, self.few, self.many,
                         self.tls, self.twins, self.twins_few, self.twins_tls]

    def say(self, text):
        if not self.options.silent:
            print(text, file=sys.stderr, flush=True)

    def note_missing(self, problem):
        if str(problem) not in self.missing:
            self.missing.append(str(problem))

    def turns(self, label, runs, cut=1):
        """runs: {key: (program, case, threads)}.  Gives {key: [(ns, ops, waits), ...]} by turn.
        cut: so many times as many turns, each as much shorter, where a ratio must be narrow."""
        self.say(f"  {label}")
        results = {key: [] for key in runs}
        for turn in range(self.options.rounds * cut):
            keys = list(runs)
            for key in keys if turn % 2 == 0 else reversed(keys):
                if results[key] is None:
                    continue
                program, case, threads = runs[key]
                try:
                    results[key].append(program.run(case, threads, self.options.ms // cut))
                except Missing as problem:
                    self.note_missing(problem)
                    results[key] = None
        results = {key: r for key, r in results.items() if r}
        self.raw[label] = {key: {"ns": [x[0] for x in r], "ops_per_s": [x[1] for x in r],
                                 "waits": [x[2] for x in r]}
                           for key, r in results.items()}
        return results

    @staticmethod
    def median_ns(runs):
        return statistics.median(x[0] for x in runs)

    @staticmethod
    def speedup(ours, peer):
        """How many times the peer's time is ours: the median over the turns, and of the bests."""
        pairs = [p[0] / o[0] for o, p in zip(ours, peer)]
        return statistics.median(pairs), min(p[0] for p in peer) / min(o[0] for o in ours)

    @staticmethod
    def scaling(one, two):
        """Work of two threads over that of one, by the wall and by CPU time."""
        wall = statistics.median(b[1] / a[1] for a, b in zip(one, two))
        cpu = statistics.median(2 * a[0] / b[0] for a, b in zip(one, two))
        return wall, cpu

    def add_speedup(self, measure, results, peer_key, peer_name, target, least=None):
        """A row that wants us to be so many times as fast as a peer."""
        if "ours" not in results or peer_key not in results:
            return
        ours, peer = results["ours"], results[peer_key]
        ratio, best = self.speedup(ours, peer)
        met = None if target is None else ratio >= (least or target)
        self.rows.append(Row(f"{measure}, {peer_name}", time_text(self.median_ns(ours)),
                             time_text(self.median_ns(peer)), f"{ratio:.2f} x",
                             "-" if target is None else f"{target} x", met, f"bests {best:.2f} x"))

    def add_scaling(self, measure, results, keys, target=None):
        """A row on what two threads do of what one does, held against what two processes do that
        share nothing.  On a busy machine the wall tells of the others: then CPU time has to do,
        which shows a cache line that is fought for, with the waits, which show a lock that is."""
        one, two, twins = keys
        if one not in results or two not in results:
            return
        wall, cpu = self.scaling(results[one], results[two])
        waits = statistics.median(x[2] for x in results[two])
        rate = f"{statistics.median(x[1] for x in results[two]):,.0f}/s"
        note = f"by CPU time {cpu:.2f} x, {waits:.4f} waits each"
        ratio, wanted, met = wall, "-", None
        if target and twins in results:
            most, most_cpu = self.scaling(results[one], results[twins])
            wanted = f"{target} x"
            if most < 1.6:
                ratio = cpu
                met = cpu >= target / 2 * min(2.0, most_cpu) and waits < 0.001
                note = (f"machine busy: CPU time counted, {waits:.4f} waits each; "
                        f"two processes {most_cpu:.2f} x")
            else:
                met = wall >= target / 2 * min(2.0, most)
                note += f"; two processes {most:.2f} x"
        self.rows.append(Row(measure, rate, "-", f"{ratio:.2f} x", wanted, met, note))

    # dispatch

    def dispatch(self):
        r = self.turns("dispatch", {
            "direct": (self.few, "dispatch/direct", 1),
            "counted": (self.few, "dispatch/counted", 1),
            "ours": (self.few, "dispatch/export", 1),
            "many": (self.many, "dispatch/export", 1),
            "winpr table": (self.winpr, "dispatch/table", 1),
            "winpr export": (self.winpr, "dispatch/export", 1),
            "context_time": (self.gss, "dispatch/context_time", 1),
            "inquire_context": (self.gss, "dispatch/inquire_context", 1)})
        if "direct" not in r or "ours" not in r:
            return
        direct, exported = self.median_ns(r["direct"]), self.median_ns(r["ours"])
        added = statistics.median(o[0] - d[0] for o, d in zip(r["ours"], r["direct"]))
        self.rows.append(Row("dispatch: SIZES over the direct call", f"+{added:.1f} ns", "-",
                             f"+{added:.1f} ns", "+8 ns", added <= 8,
                             f"direct {direct:.1f} ns, exported {exported:.1f} ns"))
        if "counted" in r:
            floor = statistics.median(c[0] - d[0] for c, d in zip(r["counted"], r["direct"]))
            self.rows.append(Row("dispatch: two locked instructions alone", "-", f"+{floor:.1f} ns",
                                 f"+{floor:.1f} ns", "-", None,
                                 "a hold and a drop of this machine, with nothing around them"))
        for key, name in (("winpr table", "WinPR, its table"), ("winpr export", "WinPR, exported"),
                          ("context_time", "MIT gss_context_time"),
                          ("inquire_context", "MIT gss_inquire_context")):
            if key in r:
                peer = self.median_ns(r[key])
                self.rows.append(Row(f"dispatch: {name}", f"+{added:.1f} ns",
                                     f"+{peer - direct:.1f} ns", f"{(peer - direct) / added:.1f} x",
                                     "-", None, "less our direct call"))
        if "many" in r:
            ratio = statistics.median(m[0] / f[0] for f, m in zip(r["ours"], r["many"]))
            self.rows.append(Row("dispatch: 1,000,000 contexts over 10",
                                 time_text(self.median_ns(r["many"])), "-", f"{ratio:.2f} x",
                                 "1.00 x", ratio <= 1.1, "met up to 1.1 x"))

    def dispatch_threads(self):
        r = self.turns("dispatch, two threads", {
            "ours 1": (self.few, "dispatch/own", 1), "ours 2": (self.few, "dispatch/own", 2),
            "processes": (self.twins_few, "dispatch/own", 1),
            "winpr 1": (self.winpr, "dispatch/export", 1),
            "winpr 2": (self.winpr, "dispatch/export", 2),
            "mit 1": (self.gss, "dispatch/context_time", 1),
            "mit 2": (self.gss, "dispatch/context_time", 2)})
        self.add_scaling("dispatch: two threads, two contexts", r,
                         ("ours 1", "ours 2", "processes"), 1.9)
        self.add_scaling("dispatch: two threads, WinPR", r, ("winpr 1", "winpr 2", None))
        self.add_scaling("dispatch: two threads, MIT gss_context_time", r,
                         ("mit 1", "mit 2", None))

    # NTLM

    def exchange(self):
        r = self.turns("NTLM exchange", {
            "ours": (self.ours, "ntlm/exchange", 1), "winpr": (self.winpr, "ntlm/exchange", 1),
            "gss": (self.gss, "ntlm/exchange", 1), "plain": (self.gss_plain, "ntlm/exchange", 1)})
        self.add_speedup("NTLM exchange", r, "winpr", "WinPR (hash)", 2.4)
        self.add_speedup("NTLM exchange", r, "gss", "gss-ntlmssp (hash file)", 5)
        self.add_speedup("NTLM exchange", r, "plain", "gss-ntlmssp (password file)", None)
        case = "ntlm/exchange"
        r = self.turns("NTLM exchange, two threads", {
            "ours 1": (self.ours, case, 1), "ours 2": (self.ours, case, 2),
            "processes": (self.twins, case, 1),
            "winpr 1": (self.winpr, case, 1), "winpr 2": (self.winpr, case, 2),
            "gss 1": (self.gss, case, 1), "gss 2": (self.gss, case, 2)})
        self.add_scaling("NTLM exchange: two threads", r, ("ours 1", "ours 2", "processes"), 1.9)
        self.add_scaling("NTLM exchange: two threads, WinPR", r, ("winpr 1", "winpr 2", None))
        self.add_scaling("NTLM exchange: two threads, gss-ntlmssp", r, ("gss 1", "gss 2", None))

    def messages(self):
        targets = {64: (3, 15), 1024: (1.25, 3), 16384: (1, 1.1), 1048576: (1, 1.1)}
        for size in SIZES:
            case = f"ntlm/seal+unseal/{size}"
            r = self.turns(f"NTLM seal + unseal {size_text(size)}", {
                "ours": (self.ours, case, 1), "winpr": (self.winpr, case, 1),
                "gss": (self.gss, case, 1)})
            winpr, gss = targets[size]
            measure = f"NTLM seal + unseal {size_text(size)}"
            self.add_speedup(measure, r, "winpr", "WinPR", winpr,
                             least=0.98 if winpr == 1 else None)
            self.add_speedup(measure, r, "gss", "gss-ntlmssp", gss)

    def negotiate(self):
        if "negotiate" not in self.ground.found:
            return
        r = self.turns("Negotiate over NTLM", {"ours": (self.ours, "negotiate/exchange", 1),
                                               "alone": (self.ours, "ntlm/exchange", 1)})
        if len(r) == 2:
            ratio = statistics.median(n[0] / a[0] for n, a in zip(r["ours"], r["alone"]))
            self.rows.append(Row("Negotiate exchange over NTLM alone",
                                 time_text(self.median_ns(r["ours"])),
                                 time_text(self.median_ns(r["alone"])), f"{ratio:.3f} x", "1.05 x",
                                 ratio <= 1.05))
        r = self.turns("Negotiate seal + unseal 64 B",
                       {"ours": (self.ours, "negotiate/seal+unseal/64", 1),
                        "alone": (self.ours, "ntlm/seal+unseal/64", 1)})
        if len(r) == 2:
            ratio = statistics.median(n[0] / a[0] for n, a in zip(r["ours"], r["alone"]))
            self.rows.append(Row("Negotiate seal + unseal 64 B over NTLM alone",
                                 time_text(self.median_ns(r["ours"])),
                                 time_text(self.median_ns(r["alone"])), f"{ratio:.3f} x", "1.00 x",
                                 ratio <= 1.02, "met up to 1.02 x"))

    # TLS: ours and libssl called directly are cases of one program

    def tls_records(self):
        names = {"ours": "ours", "libssl": "libssl, memory BIOs and a buffer",
                 "shared": "libssl, one memory BIO", "raw": "the AEAD alone"}
        targets = {("tls13/aes128", 16384): 1.15, ("tls13/aes256", 16384): 1.2}
        for cipher, text in TLS_CIPHERS.items():
            for size in SIZES[:3]:
                measure = f"{text}, {size_text(size)}"
                r = self.turns(measure, {who: (self.tls, f"{who}/{cipher}/{size}", 1)
                                         for who in names})
                target = 1 if size == 64 else targets.get((cipher, size))
                for who in list(names)[1:]:
                    self.add_speedup(measure, r, who, names[who],
                                     target if who == "libssl" else None,
                                     least=0.98 if target == 1 else None)

    def add_price(self, measure, results, most):
        """A row that wants us to take no more than so many times what libssl does."""
        if len(results) < 2:
            return
        ours, peer = results["ours"], results["libssl"]
        ratio, best = self.speedup(peer, ours)
        self.rows.append(Row(measure, time_text(self.median_ns(ours)),
                             time_text(self.median_ns(peer)), f"{ratio:.3f} x", f"{most} x",
                             ratio <= most, f"bests {best:.3f} x"))

    def tls_handshakes(self):
        for version, text in (("tls13", "TLS 1.3"), ("tls12", "TLS 1.2")):
            for kind, words in TLS_HANDSHAKES.items():
                measure = f"{text} handshake, {words}"
                r = self.turns(measure, {who: (self.tls, f"{who}/{version}/{kind}", 1)
                                         for who in ("ours", "libssl")}, cut=3)
                self.add_price(f"{measure}, over libssl", r, 1.03)

    def tls_threads(self):
        case = "tls13/full/ecdsa"
        r = self.turns("TLS 1.3 handshake, two threads", {
            "ours 1": (self.tls, f"ours/{case}", 1), "ours 2": (self.tls, f"ours/{case}", 2),
            "processes": (self.twins_tls, f"ours/{case}", 1),
            "libssl 1": (self.tls, f"libssl/{case}", 1),
            "libssl 2": (self.tls, f"libssl/{case}", 2)})
        self.add_scaling("TLS 1.3 handshake: two threads", r, ("ours 1", "ours 2", "processes"))
        self.add_scaling("TLS 1.3 handshake: two threads, libssl", r,
                         ("libssl 1", "libssl 2", None))

    def tls_bytes(self, case):
        """Of ours and of libssl, each in a fresh process."""
        found = []
        for who in ("ours", "libssl"):
            self.tls.close()
            found.append(self.tls.memory(f"{who}/{case}", min(self.options.pairs, 500)))
            self.tls.close()
        self.raw[f"memory, {case}"] = dict(zip(("ours", "libssl"), found))
        return found

    def tls_memory(self):
        self.say("  TLS, memory")
        cases = {"tls13/full/ecdsa": "TLS 1.3 pair", "tls13/talk": "TLS 1.3 pair, 16 KiB each way",
                 "tls13/resumed": "TLS 1.3 pair, resumed, with tickets",
                 "tls12/full/ecdsa": "TLS 1.2 pair", "tls12/talk": "TLS 1.2 pair, 16 KiB each way"}
        for case, words in cases.items():
            try:
                mine, theirs = self.tls_bytes(case)
            except Missing as problem:
                self.note_missing(problem)
                return
            ours, peer = max(mine[:2]), max(theirs[:2])
            thrice = "each way" in words
            self.rows.append(Row(f"memory: {words}", bytes_text(ours), bytes_text(peer),
                                 f"{peer / ours:.1f} x", "36 kB" + ", 3 x" * thrice,
                                 ours <= 36000 and (not thrice or peer >= 3 * ours),
                                 f"malloc {mine[0]:.0f} B, resident {mine[1]:.0f} B, left after "
                                 f"deletion {mine[2]:.0f} B; libssl malloc {theirs[0]:.0f} B"))

    # memory, first use

    def memory(self):
        self.say("  memory")
        figures = {}
        for program in (self.ours, self.winpr, self.gss):
            program.close()  # a fresh process: no old free blocks to fill
            try:
                figures[program.name] = program.memory("ntlm/exchange", self.options.pairs)
            except Missing as problem:
                self.note_missing(problem)
            program.close()
        self.raw["memory"] = figures
        if "ours" not in figures:
            return
        heap, anon, left = figures["ours"]
        ours = max(heap, anon)
        self.rows.append(Row("memory: NTLM pair", bytes_text(ours), "-", bytes_text(ours),
                             "6.00 kB", ours <= 6000,
                             f"malloc {heap:.0f} B, resident {anon:.0f} B, "
                             f"left after deletion {left:.0f} B"))
        for name, (heap, anon, left) in figures.items():
            if name != "ours":
                peer = max(heap, anon)
                self.rows.append(Row(f"memory: NTLM pair, {name}", bytes_text(ours),
                                     bytes_text(peer), f"{peer / ours:.1f} x", "-", None,
                                     f"malloc {heap:.0f} B, left {left:.0f} B"))

    def first_use(self):
        self.say("  first use")
        times = 41 if not self.options.quick else 11
        library = os.path.join(self.ground.build, ".libs", "libsspi.so.0")
        kinds = {"ours": ("sspi", library), "WinPR": ("sspi", "libwinpr2.so.2"),
                 "MIT": ("gss", "libgssapi_krb5.so.2")}
        for name in ("ntlm", "plug"):
            if name in self.ground.found:
                kinds[f"loading {name}.so"] = ("module", self.ground.found[name])
        found = {key: [] for key in kinds}
        env = {**os.environ, "SSPI_CONFIG": self.ground.twenty,
               "BENCH_MODULES": self.ground.modules}
        for _ in range(times):
            for key, (kind, path) in kinds.items():
                p = subprocess.run([self.firstuse, kind, path], env=env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
                words = p.stdout.split()
                if words[:1] == ["ok"]:
                    found[key].append([float(x) for x in words[1:]])
                else:
                    self.note_missing(f"first use, {key}: {p.stdout.strip()[3:] or 'failed'}")
        self.raw["first use"] = found
        if not found["ours"]:
            return
        load, calls, packages, modules = (statistics.median(x) for x in zip(*found["ours"]))
        self.rows.append(Row("first use: Init + Enumerate, 20 packages", time_text(calls), "-",
                             time_text(calls), "1 ms", calls <= 1e6 and packages == 20,
                             f"{packages:.0f} packages; loading libsspi itself {time_text(load)}"))
        self.rows.append(Row("first use: modules loaded by it", f"{modules:.0f}", "-",
                             f"{modules:.0f}", "0", modules == 0))
        for key, runs in found.items():
            if key != "ours" and runs:
                peer_load, peer_calls, n, _ = (statistics.median(x) for x in zip(*runs))
                total = peer_load + peer_calls
                self.rows.append(Row(f"first use: {key}", time_text(load + calls), time_text(total),
                                     f"{total / (load + calls):.1f} x", "-", None,
                                     f"loading {time_text(peer_load)}, calls "
                                     f"{time_text(peer_calls)}, {n:.0f} told of; "
                                     "ours with loading"))

    # instructions: what does not depend on who else is on the machine

    def count(self, program, case, few=5, many=25):
        """Instructions an operation, by callgrind; what happens only once cancels out."""
        totals = []
        for n in (few, many):
            p = subprocess.run(
                ["valgrind", "--tool=callgrind", "--toggle-collect=bench_counted",
                 "--callgrind-out-file=/dev/null", program.argv[0], "-n", str(n), case],
                env={**os.environ, **program.env}, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, check=False)
            found = [line.split(":")[1] for line in p.stderr.splitlines() if "Collected" in line]
            if p.returncode != 0 or not found:
                raise Missing(f"instructions of {program.name}, {case}: {p.stdout.strip()[3:]}")
            totals.append(int(found[0]))
        return (totals[1] - totals[0]) / (many - few)

    def count_beside(self, case, runs):
        """Rows of ours over each of runs: {name: (program, case)}."""
        self.say(f"  instructions, {case}")
        figures = {}
        for name, (program, its_case) in runs.items():
            try:
                figures[name] = self.count(program, its_case)
            except (Missing, OSError) as problem:
                self.note_missing(problem)
        self.raw[f"instructions, {case}"] = figures
        for name, n in figures.items():
            if name != "ours" and "ours" in figures:
                ours = figures["ours"]
                self.rows.append(Row(f"instructions: {case}, {name}", f"{ours:,.0f}",
                                     f"{n:,.0f}", f"{n / ours:.2f} x", "-", None))

    def instructions(self):
        if not shutil.which("valgrind"):
            self.note_missing("instructions: valgrind (Debian: valgrind)")
            return
        cases = ["ntlm/exchange"] + [f"ntlm/seal+unseal/{size}" for size in SIZES[:3]]
        for case in cases:
            self.count_beside(case, {p.name: (p, case) for p in (self.ours, self.winpr, self.gss)})
        for case in ("tls13/full/ecdsa", "tls13/resumed", "tls12/full/ecdsa", "tls12/resumed",
                     "tls13/aes128/64", "tls13/aes128/16384"):
            self.count_beside(case, {who: (self.tls, f"{who}/{case}")
                                     for who in ("ours", "libssl")})
    # all of it

    def run(self):
        parts = {"dispatch": (self.dispatch, self.dispatch_threads),
                 "ntlm": (self.exchange, self.messages), "negotiate": (self.negotiate,),
                 "tls": (self.tls_records, self.tls_handshakes, self.tls_threads,
                         self.tls_memory),
                 "memory": (self.memory,), "firstuse": (self.first_use,),
                 "instructions": (self.instructions,)}
        wanted = self.options.only or [name for name in parts
                                       if name != "instructions" or self.options.ir]
        for name, calls in parts.items():
            if name in wanted:
                for call in calls:
                    call()
        return self

    def versions(self):
        lines = []
        for program in (self.ours, self.tls, self.winpr, self.gss):
            try:
                lines.append(program.info())
            except Missing as problem:
                self.note_missing(problem)
        return lines

    def close(self):
        for program in self.programs:
            program.close()
        self.ground.gone()


def machine():
    model = "unknown CPU"
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} CPUs, load {' '.join(f'{x:.2f}' for x in os.getloadavg())}"


def report(bench, before):
    print("\nRatios (target met?), then the figures they are of\n")
    table(["measure", "ratio", "target", "met", "ours", "peer", "note"],
          [row.cells() for row in bench.rows])
    print("\nCPU time per operation: median [best .. worst] of the turns\n")
    lines = []
    for label, runs in bench.raw.items():
        for key, r in runs.items():
            if isinstance(r, dict) and r.get("ns"):
                lines.append([label, key, time_text(statistics.median(r["ns"])),
                              f"[{time_text(min(r['ns']))} .. {time_text(max(r['ns']))}]",
                              f"{statistics.median(r['ops_per_s']):,.0f}/s"])
    table(["what", "who", "median", "range", "rate"], lines)
    print()
    for line in bench.versions():
        print(line)
    print(f"before: {before}\nafter:  {machine()}")
    for problem in bench.missing:
        print(f"missing: {problem}")
    failed = [row.measure for row in bench.rows if row.met is False]
    print(f"targets missed: {len(failed)}" + (f" ({'; '.join(failed)})" if failed else ""))


def main():
    parser = argparse.ArgumentParser(description="OpenSSPI beside its peers")
    parser.add_argument("--build", default=".", help="the build folder")
    parser.add_argument("--rounds", type=int, default=0, help="turns (9; quick: 3)")
    parser.add_argument("--ms", type=int, default=0, help="length of a run (150; quick: 40)")
    parser.add_argument("--pairs", type=int, default=2000, help="pairs kept for memory")
    parser.add_argument("--quick", action="store_true", help="a glance: the figures are rough")
    parser.add_argument("--only", action="append",
                        choices=["dispatch", "ntlm", "negotiate", "tls", "memory", "firstuse",
                                 "instructions"])
    parser.add_argument("--ir", action="store_true", help="count instructions too (valgrind)")
    parser.add_argument("--json", metavar="FILE", help="everything measured, as JSON; - for stdout")
    parser.add_argument("--silent", action="store_true", help="no word while measuring")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 9)
    options.ms = options.ms or (40 if options.quick else 150)
    before = machine()
    bench = Bench(options)
    try:
        bench.run()
        if options.json != "-":
            report(bench, before)
        if options.json:
            text = json.dumps({"before": before, "after": machine(), "versions": bench.versions(),
                               "rows": [vars(r) for r in bench.rows], "raw": bench.raw,
                               "missing": bench.missing}, indent=1)
            if options.json == "-":
                print(text)
            else:
                with open(options.json, "w", encoding="utf-8") as f:
                    f.write(text + "\n")
    finally:
        bench.close()
    ours = ("ours:", "TLS:", "dispatch", "a process of two:", "first use, ours:")
    return 1 if any(problem.startswith(ours) for problem in bench.missing) else 0


if __name__ == "__main__":
    sys.exit(main())
