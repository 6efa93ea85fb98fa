#include "dataplane/dpdk/slow_path.h"

#include <array>
#include <cstring>

#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/check.h"
#include "dataplane/dpdk/device.h"

namespace tutti::dpdk {
namespace {

net::IpHostOptions with_sink(net::IpHostOptions options, bool beside) {
  options.kernel_beside = beside;
  return options;
}

std::string text(const net::MacAddress& mac) {
  std::array<char, 18> out{};
  std::snprintf(out.data(), out.size(), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                mac[4], mac[5]);
  return out.data();
}

}  // namespace

SlowPath::SlowPath(const Device& device, Exchange& exchange, const net::IpHostOptions& options, LogSink log,
                   ExceptionSink* beside)
    : device_(device),
      exchange_(exchange),
      log_(std::move(log)),
      beside_(beside),
      host_(with_sink(options, beside != nullptr), [this](std::span<const std::byte> frame) { send(frame); }),
      link_(device) {}

SlowPath::~SlowPath() {
  stop();
}

void SlowPath::start() {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this] { run(); });
}

void SlowPath::stop() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

void SlowPath::run() {
  ::pthread_setname_np(::pthread_self(), "dpdk-slow");
  const EalThread known;
  while (!stop_.load(std::memory_order_relaxed)) {
    turn(base::monotonic_now());
    std::this_thread::sleep_for(kTurnEvery);
  }
}

void SlowPath::turn(base::Instant now) {
  if (!begun_) {
    begun_ = true;
    host_.start(now);
  }
  for (std::uint16_t core = 0; core < exchange_.cores(); ++core) {
    Exchange::Ring& ring = exchange_.to_slow_path(core);
    rte_mbuf* buffer = nullptr;
    for (int i = 0; i < kFramesPerTurn && ring.try_pop(buffer); ++i) take(buffer, now);
  }
  if (beside_ != nullptr) {
    std::array<std::byte, kFrameBytesMax> frame;
    for (int i = 0; i < kFramesPerTurn; ++i) {
      const std::size_t bytes = beside_->next(frame);
      if (bytes == 0) break;
      counters_.from_sink.add();
      send(std::span(frame).first(bytes));
    }
  }
  look_up(now);
  look_at_link(now);
}

void SlowPath::take(rte_mbuf* buffer, base::Instant now) {
  const std::span<const std::byte> frame(rte_pktmbuf_mtod(buffer, const std::byte*), buffer->data_len);
  std::optional<std::uint16_t> stripped;
  if ((buffer->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) stripped = buffer->vlan_tci;
  if (host_.handle(frame, now, stripped) != net::IpHost::Verdict::kTaken && beside_ != nullptr) {
    counters_.to_sink.add();
    beside_->take(frame);
  }
  ::rte_pktmbuf_free(buffer);
}

// What was learned reaches the cores, and what they ask for leaves, within the turn.
void SlowPath::look_up(base::Instant now) {
  for (net::NextHops* hops : hops_) hops->answer(host_, now);
  host_.tick(now);
  const auto duplicate = host_.take_duplicate();
  if (duplicate && log_ && tells_.try_take(now)) {
    log_(LogLevel::kWarning, "the address " + base::ip_to_string(duplicate->ip) + " is " +
                                 text(duplicate->mac) + "'s as well: give one of the two another");
  }
}

// Whoever was asked meanwhile has not answered, and a switch that began anew knows nobody: we tell that we
// are there (RFC 5227, section 2.1, has a link that comes up for a reason).
void SlowPath::look_at_link(base::Instant now) {
  const auto up = link_.look(now);
  if (!up) return;
  if (*up) host_.start(now);
  if (!log_) return;
  if (*up) {
    log_(LogLevel::kWarning, "the port " + device_.name() + " is up again");
  } else {
    log_(LogLevel::kError, device_.link_complaint());
  }
}

void SlowPath::send(std::span<const std::byte> frame) {
  rte_mbuf* buffer = frame.size() <= kFrameBytesMax ? ::rte_pktmbuf_alloc(device_.spare_pool()) : nullptr;
  if (buffer == nullptr) return counters_.frames_lost.add();
  std::memcpy(::rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(frame.size())), frame.data(),
              frame.size());
  const bool gone = device_.has_spare_queue()
                        ? ::rte_eth_tx_burst(device_.number(), device_.cores(), &buffer, 1) == 1
                        : exchange_.from_slow_path().try_push(buffer);
  if (gone) return counters_.frames_sent.add();
  ::rte_pktmbuf_free(buffer);
  counters_.frames_lost.add();
}

}  // namespace tutti::dpdk
