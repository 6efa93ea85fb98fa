#include "tests/support/cable_callers.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/check.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/net/udp_frame.h"
#include "dataplane/rtp/rtp_packet.h"

namespace tutti::dpdk {
namespace {

using test_support::Voices;

constexpr std::size_t kBurst = 64;
constexpr std::size_t kUdp = 14 + 20;  // Ethernet, IPv4
constexpr std::size_t kSum = kUdp + 6;
constexpr std::size_t kRtp = kUdp + 8;
constexpr std::size_t kAudio = kRtp + rtp::kRtpHeaderBytes;
constexpr std::size_t kFrame = kAudio + base::kFrameSamples;
constexpr std::size_t kSilence = Voices::kCount;

// Of one caller host's callers; their ports are from kFirstPort on, two each.
constexpr std::uint32_t kPerHost = 30'000;
constexpr std::uint16_t kFirstPort = 2'048;

std::uint16_t load16(const std::byte* at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) << 8 | std::to_integer<unsigned>(at[1]));
}
void store16(std::byte* at, std::uint32_t value) {
  at[0] = static_cast<std::byte>(value >> 8);
  at[1] = static_cast<std::byte>(value);
}
// RFC 1071, of an even number of bytes.
std::uint32_t sum16(const std::byte* at, std::size_t bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes; i += 2) sum += load16(at + i);
  return sum;
}

}  // namespace

// Their port: what they send and what is copied for them is in buffers of one pool.
class CablePort {
 public:
  CablePort(const std::string& device, std::uint32_t buffers) {
    const std::string name = device.substr(0, device.find(','));
    known_before_ = ::rte_eth_dev_get_port_by_name(name.c_str(), &number_) == 0;
    if (!known_before_) {
      CHECK(::rte_dev_probe(device.c_str()) == 0);
      CHECK(::rte_eth_dev_get_port_by_name(name.c_str(), &number_) == 0);
    }
    pool_ = ::rte_pktmbuf_pool_create(("callers" + std::to_string(number_)).c_str(), buffers, 256, 0,
                                      RTE_PKTMBUF_HEADROOM + kRoom, 0);
    CHECK(pool_ != nullptr);
    rte_eth_dev_info info{};
    CHECK(::rte_eth_dev_info_get(number_, &info) == 0);
    // The second is that of the near end's slow path, which has nothing to say here.
    const auto receive_queues = std::min<std::uint16_t>(info.max_rx_queues, 2);
    rte_eth_conf configuration{};
    CHECK(::rte_eth_dev_configure(number_, receive_queues, 1, &configuration) == 0);
    for (std::uint16_t i = 0; i < receive_queues; ++i) {
      CHECK(::rte_eth_rx_queue_setup(number_, i, 512, 0, nullptr, pool_) == 0);
    }
    CHECK(::rte_eth_tx_queue_setup(number_, 0, 512, 0, nullptr) == 0);
    CHECK(::rte_eth_dev_start(number_) == 0);
    wait_for_link();
  }
  ~CablePort() {
    ::rte_eth_dev_stop(number_);
    if (!known_before_) {
      rte_eth_dev_info info{};
      CHECK(::rte_eth_dev_info_get(number_, &info) == 0);
      ::rte_eth_dev_close(number_);
      ::rte_dev_remove(info.device);
    }
    ::rte_mempool_free(pool_);
  }
  CablePort(const CablePort&) = delete;
  CablePort& operator=(const CablePort&) = delete;

  std::uint16_t number() const { return number_; }
  rte_mempool* pool() const { return pool_; }

 private:
  static constexpr std::uint32_t kRoom = 2'048;  // a card's

  // Of a driver whose other end is another process: that one answers first.
  void wait_for_link() const {
    for (int i = 0; i < 60'000; ++i) {
      rte_eth_link link{};
      if (::rte_eth_link_get_nowait(number_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::fprintf(stderr, "the callers' port has no link after a minute\n");
    CHECK(false);
  }

  std::uint16_t number_ = 0;
  rte_mempool* pool_ = nullptr;
  bool known_before_ = false;  // somebody else has made it, and ends it
};

class CableCallers::Impl {
 public:
  Impl(const std::string& port, const net::MacAddress& from, const net::MacAddress& to, const Voices& voices,
       std::uint32_t buffers)
      : port_(port, buffers),
        from_(from),
        to_(to),
        voices_(voices),
        sums_(kSilence + 1),
        number_(port_.number()),
        pool_(port_.pool()) {
    silence_.fill(std::byte{0xFF});
    for (std::size_t voice = 0; voice <= kSilence; ++voice) {
      sums_[voice] = sum16(payload(voice).data(), base::kFrameSamples);
    }
  }
  ~Impl() {
    while (receive() != 0) {
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void add(const base::SocketAddress& server, bool talks) {
    Caller& caller = callers_.emplace_back();
    caller.number = static_cast<std::uint32_t>(callers_.size() - 1) & 0x7FFF'FFFFU;
    caller.talks = talks ? 1 : 0;
    std::array<std::byte, kFrame> frame{};
    net::UdpFrame head;
    head.make(from_, to_, address(caller.number), server);
    CHECK(head.head_bytes() == kRtp);
    head.write(kFrame - kRtp, frame.data());
    rtp::RtpHeader header;
    header.ssrc = rtp::Ssrc{0x5000'0000U + caller.number};
    rtp::write_rtp_header(std::span(frame).subspan(kRtp), header);
    std::copy_n(frame.begin(), kAudio, caller.head.begin());
    // The pseudo-header (RFC 768), and all that does not change from packet to packet.
    store16(&caller.head[kSum], 0);
    caller.sum = sum16(&caller.head[kUdp - 8], 8) + 17 + load16(&caller.head[kUdp + 4]) +
                 sum16(&caller.head[kUdp], kAudio - kUdp);
  }

  void begin(std::uint64_t seed, const std::vector<std::uint32_t>& kept) {
    kept_.assign(callers_.size(), 0);
    for (const std::uint32_t caller : kept) kept_[caller] = 1;
    heard_.reserve(kept.size() * 2'000);  // 40 s
    std::mt19937_64 random(seed);
    std::shuffle(callers_.begin(), callers_.end(), random);
  }

  void send_until(std::uint64_t packets) {
    std::array<rte_mbuf*, kBurst> buffers;
    while (packets_ < packets) {
      const std::size_t now = std::min<std::uint64_t>(kBurst, packets - packets_);
      if (::rte_pktmbuf_alloc_bulk(pool_, buffers.data(), static_cast<unsigned>(now)) != 0) {
        skip(now);
        continue;
      }
      for (std::size_t i = 0; i < now; ++i) {
        if (i + 4 < now) {
          auto* const ahead = static_cast<std::byte*>(buffers[i + 4]->buf_addr) + RTE_PKTMBUF_HEADROOM;
          for (std::size_t at = 0; at < kFrame; at += 64) base::prefetch_to_write(ahead + at);
        }
        write(*buffers[i]);
      }
      const std::size_t gone =
          ::rte_eth_tx_burst(number_, 0, buffers.data(), static_cast<std::uint16_t>(now));
      counts_.sent += gone;
      counts_.refused += now - gone;
      if (gone < now) ::rte_pktmbuf_free_bulk(&buffers[gone], static_cast<unsigned>(now - gone));
    }
  }

  std::size_t receive() {
    std::array<rte_mbuf*, kBurst> buffers;
    const std::size_t count = ::rte_eth_rx_burst(number_, 0, buffers.data(), kBurst);
    for (std::size_t i = 0; i < count; ++i) base::prefetch(rte_pktmbuf_mtod(buffers[i], std::byte*) + 30);
    for (std::size_t i = 0; i < count; ++i) take(*buffers[i]);
    ::rte_pktmbuf_free_bulk(buffers.data(), static_cast<unsigned>(count));
    return count;
  }

  void measure() {
    counts_ = {};
    heard_.clear();
    keeping_ = true;
  }
  void keep_no_more() { keeping_ = false; }
  std::uint64_t packets() const { return packets_; }
  const Counts& counts() const { return counts_; }
  const std::vector<Heard>& heard() const { return heard_; }

 private:
  // One cache line: the more there are of them, the less the core at the other end has of the cache.
  struct alignas(64) Caller {
    std::array<std::byte, kAudio> head{};
    std::uint32_t sum = 0;
    std::uint32_t number : 31 = 0;
    std::uint32_t talks : 1 = 0;
  };
  static_assert(sizeof(Caller) == 64);

  const Voices::Payload& payload(std::size_t voice) const {
    return voice == kSilence ? silence_ : voices_.payload(voice);
  }

  void skip(std::size_t count) {
    counts_.refused += count;
    packets_ += count;
    next_ += count;
    if (next_ >= callers_.size()) period_ += next_ / callers_.size(), next_ %= callers_.size();
  }

  void write(rte_mbuf& buffer) {
    const Caller& caller = callers_[next_];
    const std::size_t voice = caller.talks != 0 ? CableCallers::voice(caller.number, period_) : kSilence;
    auto* const at = static_cast<std::byte*>(buffer.buf_addr) + RTE_PKTMBUF_HEADROOM;
    std::memcpy(at, caller.head.data(), kAudio);
    std::memcpy(at + kAudio, payload(voice).data(), base::kFrameSamples);
    const auto sequence = static_cast<std::uint16_t>(period_);
    const auto timestamp = static_cast<std::uint32_t>(period_ * base::kFrameSamples);
    store16(at + kRtp + 2, sequence);
    store16(at + kRtp + 4, timestamp >> 16);
    store16(at + kRtp + 6, timestamp & 0xFFFF);
    std::uint32_t sum = caller.sum + sums_[voice] + sequence + (timestamp >> 16) + (timestamp & 0xFFFF);
    sum = (sum >> 16) + (sum & 0xFFFF);
    sum = (sum >> 16) + (sum & 0xFFFF);
    store16(at + kSum, sum == 0xFFFF ? 0xFFFF : ~sum & 0xFFFF);
    buffer.data_off = RTE_PKTMBUF_HEADROOM;
    buffer.data_len = kFrame;
    buffer.pkt_len = kFrame;
    ++packets_;
    if (++next_ == callers_.size()) {
      next_ = 0;
      ++period_;
    }
  }

  void take(const rte_mbuf& buffer) {
    const auto* const at = rte_pktmbuf_mtod(&buffer, const std::byte*);
    const std::uint16_t port = load16(at + kUdp + 2);
    const std::uint32_t caller =
        (std::to_integer<std::uint32_t>(at[kUdp - 1]) - 1) * kPerHost + (port - kFirstPort) / 2U;
    if (caller >= callers_.size()) {
      ++counts_.strange;
    } else if ((port & 1U) != 0) {
      ++counts_.rtcp;
    } else if (buffer.data_len != kFrame) {
      ++counts_.strange;
    } else {
      ++counts_.rtp;
      if (!keeping_ || kept_[caller] == 0) return;
      Heard& heard = heard_.emplace_back();
      heard.caller = caller;
      heard.sequence = load16(at + kRtp + 2);
      heard.period = period_;
      std::copy_n(at + kAudio, base::kFrameSamples, heard.payload.begin());
    }
  }

  CablePort port_;
  const net::MacAddress from_;
  const net::MacAddress to_;
  const Voices& voices_;
  Voices::Payload silence_{};
  std::vector<std::uint32_t> sums_;  // of each voice's payload, of silence's at the end
  std::vector<Caller> callers_;      // in the order in which they send
  std::vector<std::uint8_t> kept_;   // by number
  std::size_t next_ = 0;
  std::uint64_t period_ = 0;
  std::uint64_t packets_ = 0;
  bool keeping_ = false;
  Counts counts_;
  std::vector<Heard> heard_;
  const std::uint16_t number_;
  rte_mempool* const pool_;
};

CableCallers::CableCallers(const std::string& port, const net::MacAddress& from, const net::MacAddress& to,
                           const Voices& voices, std::uint32_t buffers)
    : impl_(std::make_unique<Impl>(port, from, to, voices, buffers)) {}
CableCallers::~CableCallers() = default;

base::SocketAddress CableCallers::address(std::uint32_t i) {
  base::SocketAddress address =
      *base::parse_ip("10.9.0.0", static_cast<std::uint16_t>(kFirstPort + 2 * (i % kPerHost)));
  address.ip[3] = static_cast<std::uint8_t>(1 + i / kPerHost);
  return address;
}

void CableCallers::add(const base::SocketAddress& server, bool talks) {
  impl_->add(server, talks);
}
void CableCallers::begin(std::uint64_t seed, const std::vector<std::uint32_t>& kept) {
  impl_->begin(seed, kept);
}
void CableCallers::send_until(std::uint64_t packets) {
  impl_->send_until(packets);
}
std::uint64_t CableCallers::packets() const {
  return impl_->packets();
}
std::size_t CableCallers::receive() {
  return impl_->receive();
}
void CableCallers::measure() {
  impl_->measure();
}
void CableCallers::keep_no_more() {
  impl_->keep_no_more();
}
const CableCallers::Counts& CableCallers::counts() const {
  return impl_->counts();
}
const std::vector<CableCallers::Heard>& CableCallers::heard() const {
  return impl_->heard();
}

}  // namespace tutti::dpdk
