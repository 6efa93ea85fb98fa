#include "tests/support/tiny_room.h"

#include <algorithm>
#include <array>

#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/tick.h"
#include "signaling/sdp/negotiation.h"
#include "tools/analyser/rtp_stream_check.h"

namespace tutti::test_support {

using caller::RtpTalker;

namespace {
constexpr std::size_t kFirstWait = 10 * 160;  // 200 ms
}

struct TinyRoom::Member {
  int number = 0;
  int fd = -1;
  analyser::Law law = analyser::Law::kMu;
  base::SocketAddress remote;
  sdp::LocalMedia local;
  std::optional<int> held_at;  // in ticks
  std::unique_ptr<RtpTalker> talker;
  std::vector<std::int16_t> waiting;  // samples that came and were not mixed yet
  bool begun = false;
  std::array<std::int16_t, 160> frame{};
  ~Member() { ::close(fd); }
};

TinyRoom::TinyRoom() : thread_([this] { run(); }) {
  ready_.wait(false);
}

TinyRoom::~TinyRoom() {
  stopping_ = true;
  thread_.join();
}

void TinyRoom::run() {
  sip::EventLoop loop;
  sip::UserAgentConfig config;
  config.listen = {*base::parse_ip("127.0.0.1")};
  auto agent = sip::UserAgent::start(loop, config, *this);
  CHECK(agent.has_value());
  agent_ = agent->get();
  address_ = agent_->bound().front();
  ready_ = true;
  ready_.notify_all();
  // Not EventLoop::stop(): the loop lives here and would be gone before the other thread has left it.
  for (base::Instant due = base::monotonic_now(); !stopping_;) {
    loop.step(std::chrono::milliseconds(5));
    // What a busy machine has kept it from is made up for.
    for (; due <= base::monotonic_now(); due += base::kTick) tick();
  }
  members_.clear();
}

void TinyRoom::on_invite(const sip::IncomingInvite& invite) {
  if (reject_with != 0) {
    agent_->reject(invite.dialog, {reject_with, phrase, {}, {}});
    return;
  }
  auto member = std::make_unique<Member>();
  member->number = joined_++;
  member->fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_storage address{};
  socklen_t length = base::to_sockaddr(*base::parse_ip("127.0.0.1"), address);
  CHECK(::bind(member->fd, reinterpret_cast<const sockaddr*>(&address), length) == 0);
  length = sizeof address;
  ::getsockname(member->fd, reinterpret_cast<sockaddr*>(&address), &length);
  sdp::LocalMedia local;
  local.rtp = local.rtcp = base::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length);
  if (!says_rtp_at.empty()) {
    local.rtp = local.rtcp = base::parse_ip(says_rtp_at)->with_port(local.rtp.port);
  }
  member->local = local;
  const auto offer = sdp::parse(invite.offer);
  CHECK(offer.has_value());
  const auto answer = sdp::answer(*offer, local);
  CHECK(answer.has_value());
  member->remote = answer->plan.remote_rtp;
  member->law =
      answer->plan.codecs.front().codec == sdp::AudioCodec::kPcma ? analyser::Law::kA : analyser::Law::kMu;
  caller::RtpTalkerConfig config;
  config.law = member->law;
  config.payload_type = analyser::payload_type(member->law);
  config.ssrc = 100 + static_cast<std::uint32_t>(member->number);
  member->talker =
      std::make_unique<RtpTalker>(config, [this, raw = member.get()](std::span<std::int16_t> out) {
        std::vector<int> sum(out.size());
        for (const auto& [dialog, other] : members_) {
          if (other.get() == raw && !echo_own) continue;
          if (deaf == std::pair(raw->number, other->number)) continue;
          for (std::size_t i = 0; i < out.size(); ++i) sum[i] += other->frame[i];
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
          out[i] = static_cast<std::int16_t>(std::clamp(sum[i], -32'768, 32'767));
        }
      });
  members_.emplace(invite.dialog, std::move(member));
  members_now_ = members_.size();
  waiting_.push_back({ticks_ + answer_after_ticks, invite.dialog, sdp::write(answer->description)});
  most_waiting_ = std::max(most_waiting_.load(), waiting_.size());
  if (answer_after_ticks == 0) answer_who_is_due();
}

void TinyRoom::answer_who_is_due() {
  for (; !waiting_.empty() && waiting_.front().due <= ticks_; waiting_.pop_front())
    agent_->accept(waiting_.front().dialog, waiting_.front().sdp);
}

void TinyRoom::hold_all() {
  for (const auto& [dialog, member] : members_) {
    sdp::LocalMedia local = member->local;
    local.direction = sdp::Direction::kInactive;
    ++local.session_version;
    agent_->reinvite(dialog, sdp::write(sdp::offer(local)));
  }
}

void TinyRoom::on_answer(sip::DialogId dialog, const std::string&) {
  members_.at(dialog)->held_at = ticks_;
  ++held_;
}

void TinyRoom::on_ended(sip::DialogId dialog, const sip::DialogEnd&) {
  members_.erase(dialog);
  members_now_ = members_.size();
}

void TinyRoom::tick() {
  ++ticks_;
  answer_who_is_due();
  for (auto& [dialog, member] : members_) {
    std::array<std::byte, 2'048> buffer;
    for (;;) {
      const ssize_t bytes = ::recv(member->fd, buffer.data(), buffer.size(), 0);
      if (bytes <= 0) break;
      if (member->held_at && ticks_ > *member->held_at + 5) ++packets_on_hold_;
      const auto rtp = analyser::parse_rtp_strictly(std::span(buffer).first(static_cast<std::size_t>(bytes)));
      if (!rtp) continue;
      const std::size_t at = member->waiting.size();
      member->waiting.resize(at + rtp->payload.size());
      analyser::decode_g711(member->law, rtp->payload, std::span(member->waiting).subspan(at));
    }
    // It begins once there is as much as a loaded machine may delay the caller's packets; nothing is dropped.
    member->frame.fill(0);
    member->begun |= member->waiting.size() >= kFirstWait;
    if (!member->begun || member->waiting.size() < 160) continue;
    std::copy_n(member->waiting.begin(), 160, member->frame.begin());
    member->waiting.erase(member->waiting.begin(), member->waiting.begin() + 160);
  }
  for (auto& [dialog, member] : members_) {
    const auto packet = member->talker->next_packet();
    if (lose_a_packet && member->talker->packets() == which_packet) continue;
    sockaddr_storage address{};
    const socklen_t length = base::to_sockaddr(member->remote, address);
    ::sendto(member->fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&address),
             length);
  }
  if (!members_.empty()) ++ticks_with_members_;
  if (hold_after_ticks != 0 && ticks_with_members_ == hold_after_ticks) hold_all();
  if (hang_up_after_ticks != 0 && ticks_with_members_ == hang_up_after_ticks) {
    for (const auto& [dialog, member] : members_) agent_->hang_up(dialog, "");
    members_.clear();
    members_now_ = 0;
  }
}

}  // namespace tutti::test_support
