#include "signaling/sip/message_guard_impl.h"

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "dataplane/base/check.h"
#include "dataplane/base/clock.h"
#include "signaling/sip/handles_impl.h"
#include "signaling/sip/interposition_impl.h"
#include "signaling/sip/message_scan.h"
#include "signaling/sip/request_rate.h"

namespace tutti::sip {
namespace {

// Loops of several threads (only in tests) may count at once and lose one: good enough for a diagnosis.
base::Counter drops;
base::Counter extractions;

// The library closes a stream only for a message that has at least a request line: it gets one.
int refuse(msg_t* msg) {
  drops.add();
  sip_t* sip = sip_object(msg);
  if (sip && !sip->sip_request) {
    sip->sip_request = sip_request_make(msg_home(msg), "OPTIONS sip:refused SIP/2.0");
  }
  msg_mark_as_complete(msg, MSG_FLG_ERROR);
  return -1;
}

// The library compares a branch from its eighth character on without looking at its length (nta.c,
// incoming_find). A short one gets its missing zeros here; what is echoed in answers is another copy.
void pad_short_branch(msg_t* msg, sip_t* sip) {
  constexpr std::size_t kMagicLength = 7;  // "z9hG4bK"
  sip_via_t* via = sip->sip_via;
  if (!via || !via->v_branch || std::strlen(via->v_branch) >= kMagicLength) return;
  auto* padded = static_cast<char*>(su_zalloc(msg_home(msg), kMagicLength + 1));
  if (!padded) return;
  std::memcpy(padded, via->v_branch, std::strlen(via->v_branch));
  via->v_branch = padded;
}

bool library_parses(const std::string& first_line) {
  const Home home = make_home();
  return sip_request_make(home.get(), first_line.c_str()) || sip_status_make(home.get(), first_line.c_str());
}

// The library throws a message away whose first line it cannot parse, without an answer, and goes on deaf on
// its stream. A scheme of wrong letters, as in "<:xyz", is something that it parses and answers with 400: a
// bad Request-URI is overwritten with that. False for a line which that does not help.
bool mend_first_line(char* bytes, std::size_t size) {
  const std::string_view text(bytes, size);
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  std::string line(text.substr(start, text.find_first_of("\r\n", start) - start));
  if (library_parses(line)) return true;
  const std::size_t uri = line.find(' ') + 1;  // 0: no space
  const std::size_t end = line.rfind(' ');
  if (uri == 0 || uri + 1 >= end) return false;
  line.replace(uri, end - uri, "<:" + std::string(end - uri - 2, 'x'));
  if (!library_parses(line)) return false;
  line.copy(bytes + start, line.size());
  return true;
}

// The library has a transaction of 10 kB for 32 s of each request of a dialog, of each ACK without its INVITE
// and of each request like another but for its branch, and most of them it answers itself; those of one
// Call-ID and CSeq are a list that each walks. It throws away what names another transport than it came by.
void keep_out_flood(sip_t* sip) {
  thread_local const auto rate = std::make_unique<RequestRate>();  // a stack has one thread
  if (!sip->sip_request || !sip->sip_call_id || !sip->sip_via) return;
  if (rate->try_enter(sip->sip_call_id->i_id, base::monotonic_now())) return;
  drops.add();
  sip->sip_via->v_protocol = "none";
}

issize_t extract_body(msg_t* msg, msg_pub_t* pub, char bytes[], isize_t size, int end_of_stream) {
  auto* sip = reinterpret_cast<sip_t*>(pub);
  // The limit of the library counts only for the first message of a stream; another one that is pipelined
  // behind it may say Content-Length: 2147483648 and end the process.
  if (sip->sip_content_length && sip->sip_content_length->l_length > kMaxBodyBytes) {
    drops.add();
    sip->sip_flags |= MSG_FLG_TOOLARGE | MSG_FLG_ERROR;
    return -1;
  }
  pad_short_branch(msg, sip);
  const issize_t extracted = sip_extract_body(msg, sip, bytes, size, end_of_stream);
  if (extracted != 0) keep_out_flood(sip);  // it is whole
  return extracted;
}

}  // namespace

msg_mclass_t* guarded_message_class() {
  static msg_mclass_t* const guarded = [] {
    const msg_mclass_t* original = sip_default_mclass();
    msg_mclass_t* copy = msg_mclass_clone(original, original->mc_hash_size, 0);
    CHECK(copy != nullptr);
    copy->mc_extract_body = extract_body;
    return copy;
  }();
  return guarded;
}

bool message_guard_is_in_place() {
  static const bool in_place = [] {
    constexpr std::string_view kProbe = "OPTIONS sip:probe SIP/2.0\r\nCall-ID: probe\r\n\r\n";
    const std::uint64_t before = extractions.value();
    msg_t* msg = msg_make(guarded_message_class(), 0, kProbe.data(), static_cast<ssize_t>(kProbe.size()));
    if (msg) msg_destroy(msg);
    return extractions.value() != before;
  }();
  return in_place;
}

const base::Counter& message_guard_drops() {
  return drops;
}

}  // namespace tutti::sip

// Takes the place of the library's function of this name, which its transports call for every message and
// every further segment of one: the program's symbols come before a shared library's.
extern "C" int msg_extract(msg_t* msg) {
  using tutti::sip::ScanResult;
  static const auto library_msg_extract = tutti::sip::library_function<int(msg_t*)>("msg_extract");
  tutti::sip::extractions.add();
  // Once the headers are through, what is left is a body of a length already judged.
  if (!msg || msg_get_flags(msg, MSG_FLG_HEADERS | MSG_FLG_BODY | MSG_FLG_COMPLETE)) {
    return library_msg_extract(msg);
  }
  auto* bytes = static_cast<char*>(msg_buf_committed_data(msg));
  const std::size_t size = msg_buf_committed(msg);
  if (!bytes || size == 0) return library_msg_extract(msg);
  switch (tutti::sip::scan_headers({bytes, size})) {
    case ScanResult::kIncomplete:
      return 0;
    case ScanResult::kAcceptable:
      if (!tutti::sip::mend_first_line(bytes, size)) return tutti::sip::refuse(msg);
      return library_msg_extract(msg);
    case ScanResult::kTooLarge:
    case ScanResult::kGarbage:
      return tutti::sip::refuse(msg);
  }
  return -1;
}
