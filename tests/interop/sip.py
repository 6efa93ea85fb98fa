"""A small SIP user agent client for the interop tests, over UDP and TCP, written from RFC 3261 alone."""

import itertools
import os
import re
import select
import socket
import time

import server

T1_S = 0.5


class SipError(Exception):
    """The far end did not answer, or not as it had to."""


class Message:
    """A request or a response, as it came."""

    def __init__(self, data):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        self.start = lines[0]
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.append((name.strip().lower(), value.strip()))
        self.status = int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None
        # A response has the CSeq of its request, and none where that had none.
        self.method = self.start.split()[0] if self.status is None else self.header("cseq").rpartition(" ")[2]

    COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}

    def all(self, name):
        return [value for key, value in self.headers if self.COMPACT.get(key, key) == name]

    def header(self, name):
        found = self.all(name)
        return found[0] if found else ""

    def sdp_port(self):
        found = re.search(r"^m=audio (\d+)", self.body, re.M)
        return int(found.group(1)) if found else 0

    def sdp_direction(self):
        found = re.findall(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", self.body, re.M)
        return found[-1] if found else "sendrecv"

    def sdp_payload_types(self):
        found = re.search(r"^m=audio \d+ \S+ ([\d ]+)", self.body, re.M)
        return [int(t) for t in found.group(1).split()] if found else []


def audio_sdp(port, payload_types=(0, 101), direction="sendrecv", version=1, extra=""):
    names = {0: "PCMU/8000", 8: "PCMA/8000", 101: "telephone-event/8000"}
    lines = ["v=0", f"o=probe 1 {version} IN IP4 {server.HOST}", "s=-", f"c=IN IP4 {server.HOST}", "t=0 0",
             f"m=audio {port} RTP/AVP {' '.join(str(t) for t in payload_types)}",
             *[f"a=rtpmap:{t} {names[t]}" for t in payload_types], "a=ptime:20", f"a={direction}"]
    return "\r\n".join(lines) + "\r\n" + extra


class Transport:
    """One socket to the server; messages in, messages out."""

    def __init__(self, host, port, kind="udp"):
        self.kind = kind
        family = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, family)
        self.socket.bind((server.HOST, 0))
        self.socket.settimeout(30)
        self.socket.connect((host, port))
        self.port = self.socket.getsockname()[1]
        self.stream = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def _framed(self):
        """A whole message from the front of the stream (RFC 3261, 18.3), or None."""
        self.stream = self.stream.lstrip(b"\r\n")
        end = self.stream.find(b"\r\n\r\n")
        if end < 0:
            return None
        found = re.search(rb"\r\n(?:content-length|l)\s*:\s*(\d+)", self.stream[:end], re.I)
        total = end + 4 + (int(found.group(1)) if found else 0)
        if len(self.stream) < total:
            return None
        data, self.stream = self.stream[:total], self.stream[total:]
        return data

    def receive(self, seconds):
        """The next message, or None when none comes in time; ConnectionError when the server closed."""
        deadline = time.monotonic() + seconds
        while True:
            data = self._framed() if self.kind == "tcp" else None
            if data is None:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                    return None
                try:
                    data = self.socket.recv(65536)
                except ConnectionRefusedError as error:
                    raise SipError("nobody listens on the server's SIP port") from error
                if self.kind == "tcp":
                    if not data:
                        raise ConnectionError("the server closed the connection")
                    self.stream += data
                    continue
            if data.strip():
                return Message(data)

    def close(self):
        self.socket.close()


class Call:
    """One INVITE and the dialog it makes; the caller's side."""

    numbers = itertools.count(1)

    def __init__(self, address, room, voice_port, transport="udp", sdp_options=None):
        host, port = address.rsplit(":", 1)
        self.transport = Transport(host, int(port), transport)
        self.name = f"probe{next(self.numbers)}"
        self.uri = f"sip:{room}@{address}" + (";transport=tcp" if transport == "tcp" else "")
        self.remote_target = self.uri
        self.voice_port = voice_port
        self.sdp_options = sdp_options or {}
        self.sdp_version = 0
        self.call_id = os.urandom(8).hex()
        self.from_tag = os.urandom(4).hex()
        self.to_tag = None
        self.cseq = 0
        self.invite = None
        self.answer = None
        self.ended_by_server = False
        self.others = []  # responses and requests that nobody waited for
        self.display_name = ""

    def request(self, method, body="", cseq=None, branch=None, uri=None, extra=(), skip=()):
        """The bytes of a request; `skip` leaves headers out by name."""
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        branch = branch or "z9hG4bK" + os.urandom(8).hex()
        to = f"<{self.uri}>" + (f";tag={self.to_tag}" if self.to_tag else "")
        via = f"SIP/2.0/{self.transport.kind.upper()} {server.HOST}:{self.transport.port};branch={branch};rport"
        suffix = ";transport=tcp" if self.transport.kind == "tcp" else ""
        quoted = self.display_name.replace("\\", "\\\\").replace('"', '\\"')
        caller = (f'"{quoted}" ' if quoted else "") + f"<sip:{self.name}@{server.HOST}>;tag={self.from_tag}"
        headers = [("Via", via), ("Max-Forwards", "70"), ("From", caller),
                   ("To", to), ("Call-ID", self.call_id), ("CSeq", f"{cseq} {method}"),
                   ("Contact", f"<sip:{self.name}@{server.HOST}:{self.transport.port}{suffix}>"), *extra]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        headers.append(("Content-Length", str(len(body.encode()))))
        lines = [f"{method} {uri or self.remote_target} SIP/2.0"]
        lines += [f"{name}: {value}" for name, value in headers if name not in skip]
        self.last_branch = branch
        return "\r\n".join(lines) + "\r\n\r\n" + body

    def offer(self, **changes):
        self.sdp_version += 1
        return audio_sdp(self.voice_port, version=self.sdp_version, **{**self.sdp_options, **changes})

    def _take(self, message):
        """Answers what the server asks; keeps the rest."""
        if message.status is None and message.method != "ACK":
            if message.method == "BYE":
                self.ended_by_server = True
            self.respond(message)
        elif message.status is not None and message.method == "INVITE" and 200 <= message.status < 300 and self.to_tag:
            self.acknowledge(message)  # a retransmitted 2xx: our ACK was lost
        else:
            self.others.append(message)

    def respond(self, request, status="200 OK"):
        lines = [f"SIP/2.0 {status}", *[f"Via: {via}" for via in request.all("via")],
                 f"From: {request.header('from')}", f"To: {request.header('to')}",
                 f"Call-ID: {request.header('call-id')}", f"CSeq: {request.header('cseq')}", "Content-Length: 0"]
        self.transport.send("\r\n".join(lines) + "\r\n\r\n")

    def wait_final(self, method, seconds=32.0, resend=None):
        """The final response to the request with our last CSeq; `resend` goes again as RFC 3261, 17.1 says."""
        deadline = time.monotonic() + seconds
        interval, resend_at = T1_S, time.monotonic() + T1_S
        while True:
            now = time.monotonic()
            if now >= deadline:
                raise SipError(f"{self.name}: no final response to {method} within {seconds:.0f} s")
            if resend and self.transport.kind == "udp" and now >= resend_at:
                self.transport.send(resend)
                interval = min(2 * interval, 4.0)
                resend_at = now + interval
            message = self.transport.receive(min(deadline, resend_at if resend else deadline) - now)
            if message is None:
                continue
            if message.status and message.method == method and int(message.header("cseq").split()[0]) == self.cseq:
                if message.status < 200:
                    self.others.append(message)
                    if method == "INVITE":
                        resend = None
                    continue
                return message
            self._take(message)

    def acknowledge(self, response, body=""):
        cseq = int(response.header("cseq").split()[0])
        branch = None
        if response.status >= 300:  # the ACK of a failure belongs to the INVITE's transaction
            branch = self.invite_branch
            self.to_tag, before = _tag(response.header("to")), self.to_tag
            self.transport.send(self.request("ACK", cseq=cseq, branch=branch, uri=self.uri))
            self.to_tag = before
            return
        self.transport.send(self.request("ACK", body, cseq=cseq))

    def dial(self, body=None, seconds=32.0, extra=()):
        """INVITE to the final response, which is acknowledged; a re-INVITE once there is a dialog."""
        self.invite = self.request("INVITE", self.offer() if body is None else body, extra=extra)
        self.invite_branch = self.last_branch
        self.transport.send(self.invite)
        response = self.wait_final("INVITE", seconds, self.invite)
        self.settle(response)
        return response

    def settle(self, response, body=""):
        """Takes the final response to an INVITE: the dialog's state, and the ACK."""
        if 200 <= response.status < 300:
            self.to_tag = _tag(response.header("to"))
            found = re.search(r"<([^>]+)>|^(\S+)", response.header("contact"))
            if found:
                self.remote_target = found.group(1) or found.group(2)
            self.answer = response
        self.acknowledge(response, body)

    def remote_rtp(self):
        found = re.search(r"^c=IN IP4 (\S+)", self.answer.body, re.M)
        return (found.group(1), self.answer.sdp_port())

    def bye(self, seconds=32.0):
        bye = self.request("BYE")
        self.transport.send(bye)
        return self.wait_final("BYE", seconds, bye)

    def cancel(self):
        """CANCEL of the pending INVITE: the same branch and CSeq (RFC 3261, 9.1)."""
        cancel = self.request("CANCEL", cseq=self.cseq, branch=self.invite_branch, uri=self.uri)
        self.transport.send(cancel)

    def idle(self, seconds):
        """Answers what comes meanwhile, or until the server has hung up."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self.ended_by_server:
            message = self.transport.receive(left)
            if message is not None:
                self._take(message)

    def close(self):
        self.transport.close()


def _tag(header):
    found = re.search(r";\s*tag=([^;>\s]+)", header)
    return found.group(1) if found else None
