#include "tests/unit/sip/sip_fixture.h"

#include <utility>

namespace tutti::sip {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

void Recorder::on_invite(const IncomingInvite& invite) {
  invites.push_back(invite);
  if (invited) invited(invite);
}
void Recorder::on_reinvite(DialogId dialog, const std::string& offer) {
  reinvite_offers.push_back(offer);
  if (reinvited) reinvited(dialog, offer);
}
void Recorder::on_answer(DialogId dialog, const std::string& sdp) {
  answers.push_back(sdp);
  if (answered) answered(dialog);
}
void Recorder::on_established(DialogId dialog) {
  established.push_back(dialog);
}
void Recorder::on_ended(DialogId dialog, const DialogEnd& end) {
  ended.push_back(dialog);
  ends.push_back(end);
}
void Recorder::on_progress(DialogId, int status) {
  progress.push_back(status);
}
void Recorder::on_reinvite_rejected(DialogId, int status, std::optional<std::chrono::seconds> retry_after) {
  reinvite_rejections.push_back(status);
  retries_after.push_back(retry_after);
}

SipTest::SipTest() {
  config.listen = {*base::parse_address_and_port("127.0.0.1:0")};
  config.product = "Tutti-Test/1";
}

SipTest::~SipTest() = default;

void SipTest::start() {
  auto started = UserAgent::start(loop, config, recorder);
  ASSERT_TRUE(started) << started.error().message;
  agent = std::move(*started);
}

void SipTest::quicken() {
  config.timers = {milliseconds(20), milliseconds(80), milliseconds(100)};
}

void SipTest::accept_all() {
  recorder.invited = [this](const IncomingInvite& invite) { agent->accept(invite.dialog, kAnswer); };
  recorder.reinvited = [this](DialogId dialog, const std::string&) {
    agent->accept_reinvite(dialog, kAnswer);
  };
}

bool SipTest::wait_for(const std::function<bool()>& condition, milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  while (!condition()) {
    if (Clock::now() >= deadline) return false;
    loop.step(milliseconds(2));
  }
  return true;
}

std::string SipTest::establish(RawCall& call, const RawCall::Extra& extra) {
  const std::size_t before = recorder.established.size();
  std::string answer = call.establish(extra);
  EXPECT_TRUE(wait_for([&] { return recorder.established.size() == before + 1; }));
  return answer;
}

void SipTest::turn_for(milliseconds time) {
  const auto deadline = Clock::now() + time;
  while (Clock::now() < deadline) loop.step(milliseconds(2));
}

void SipTest::skip(std::chrono::seconds time) {
  ahead_ += time;
  loop.step(milliseconds(0));
}

}  // namespace tutti::sip
