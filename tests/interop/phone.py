"""A telephone that is called: rings, answers, refuses; answers re-INVITEs; a thread of its own."""

import select
import socket
import threading
import time

import media
import sip

MIRRORED = {"sendonly": "recvonly", "recvonly": "sendonly"}


class Phone(threading.Thread):
    """`answer`: "200 OK", another status, or "" to ring for ever. `direction`: of the SDP that it answers with."""

    def __init__(self, answer="200 OK", direction=None, voice_port=None):
        super().__init__(daemon=True)
        self.answer, self.direction = answer, direction
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.own_voice = ()
        if voice_port is None:
            self.own_voice = media.rtp_and_rtcp()
            voice_port = self.own_voice[0].getsockname()[1]
        self.voice_port = voice_port
        self.port = self.socket.getsockname()[1]
        self.uri = f"sip:phone{self.port}@127.0.0.1:{self.port}"
        self.ringing = None  # the INVITE that waits for an answer, and who sent it
        self.seen = []  # methods, in their order; a retransmission is one more
        self.acknowledged = set()  # numbers of INVITEs (CSeq)
        self.offers = []  # the server's SDP
        self.reason = ""  # of the BYE or the CANCEL
        self.version = 0
        self.answered = False
        self.done = False
        self.start()

    def reply(self, request, source, status, body=""):
        lines = [f"SIP/2.0 {status}", *[f"Via: {via}" for via in request.all("via")],
                 f"From: {request.header('from')}",
                 f"To: {request.header('to')}" + ("" if ";tag=" in request.header("to") else ";tag=phone"),
                 f"Call-ID: {request.header('call-id')}", f"CSeq: {request.header('cseq')}",
                 f"Contact: <{self.uri}>", *(["Content-Type: application/sdp"] if body else []),
                 f"Content-Length: {len(body)}"]
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), source)

    def take_invite(self, request, source):
        if request.body:
            self.offers.append(request)
        if not self.answered:
            self.reply(request, source, "180 Ringing")
            if not self.answer:
                self.ringing = (request, source)
                return
            if not self.answer.startswith("2"):
                return self.reply(request, source, self.answer)
        direction = MIRRORED.get(request.sdp_direction(), request.sdp_direction())
        if not self.answered and self.direction:
            direction = self.direction
        self.answered = True
        self.version += 1
        self.reply(request, source, "200 OK", sip.audio_sdp(self.voice_port, direction=direction, version=self.version))

    def take(self, request, source):
        self.seen.append(request.method)
        if request.method == "INVITE":
            self.take_invite(request, source)
        elif request.method in ("BYE", "CANCEL"):
            self.reason = request.header("reason")
            self.reply(request, source, "200 OK")
            if request.method == "CANCEL" and self.ringing:
                self.reply(*self.ringing, "487 Request Terminated")
                self.ringing = None
        elif request.method == "ACK":
            self.acknowledged.add(request.header("cseq").split()[0])
        else:
            self.reply(request, source, "200 OK")

    def run(self):
        while not self.done:
            if select.select([self.socket], [], [], 0.1)[0]:
                data, source = self.socket.recvfrom(65536)
                message = sip.Message(data)
                if message.status is None:
                    self.take(message, source)

    def wait(self, method, seconds=30.0):
        """Whether a request of this method has come by then."""
        deadline = time.monotonic() + seconds
        while method not in self.seen and time.monotonic() < deadline:
            time.sleep(0.01)
        return method in self.seen

    def agreed(self, count, seconds=30.0):
        """Whether so many offers were answered and acknowledged by then."""
        deadline = time.monotonic() + seconds
        while len(self.acknowledged) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        return len(self.acknowledged) == count

    def close(self):
        self.done = True
        self.join()
        self.socket.close()
        for one in self.own_voice:
            one.close()
