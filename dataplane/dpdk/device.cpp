#include "dataplane/dpdk/device.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>
#include <thread>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include "dataplane/base/check.h"
#include "dataplane/dpdk/held_packets.h"
#include "dataplane/dpdk/host_facts.h"
#include "dataplane/dpdk/reused_buffers.h"

namespace tutti::dpdk {
namespace {

using base::unexpected;
using Outcome = base::Result<void, std::string>;

constexpr std::uint32_t kPerThread = 256;  // buffers that a thread keeps at hand
constexpr std::uint32_t kSpareBuffers = 1'024;
// AF_XDP's driver fills a ring with receive buffers, and copies what it sends into others of them.
constexpr std::uint32_t kXdpBuffers = 2 * 2'048;
// Beside the payload: Ethernet 14, VLAN 4, and cards take room in multiples of 1 kB.
constexpr std::uint32_t kReceiveRoom = 2'048;
// What is sent is never larger than Ethernet's 1 500 and the head.
constexpr std::uint32_t kTransmitRoom = 1'536;
constexpr std::uint64_t kHashed = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;

constexpr std::size_t kKeyBytesMin = 40;  // for IPv6's addresses and ports

// Microsoft's example key, which every card's documents use: the hash of an address can be looked up.
constexpr std::array<std::uint8_t, 52> kKey = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43,
    0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb,
    0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01,
    0xfa, 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d};

bool is_xdp(const DeviceOptions& options) {
  return options.name.starts_with("net_af_xdp");
}

// What has been sent and still needs its buffer, of whichever pool.
std::uint32_t on_their_way(const DeviceOptions& options) {
  constexpr auto kHeld = static_cast<std::uint32_t>(HeldPackets::kMax);
  return options.limits.transmit_buffers + options.transmit_descriptors + kHeld;
}
// What waits for a core, in its queue and in a batch, what leaves again in the buffer that it came in, and
// what threads keep at hand: its own, and that which sends for the others.
std::uint32_t receive_wanted(const DeviceOptions& options) {
  constexpr auto kBatch = static_cast<std::uint32_t>(net::PacketPort::kReceiveBatch);
  return options.limits.receive_buffers + options.receive_descriptors + kBatch + 2 * kPerThread +
         (is_xdp(options) ? kXdpBuffers
                          : on_their_way(options) + static_cast<std::uint32_t>(ReusedBuffers::kMax));
}
std::uint32_t transmit_wanted(const DeviceOptions& options) {
  return on_their_way(options) + 2 * kPerThread;
}
std::uint32_t jumbo(const DeviceOptions& options) {
  return options.mtu > 1'500 ? options.mtu - 1'500U : 0;
}

// Whether the pools' driver of this name is there: each is a library of its own.
bool has_pools_of(std::string_view driver) {
  const auto* const first = std::begin(::rte_mempool_ops_table.ops);
  return std::any_of(first, first + ::rte_mempool_ops_table.num_ops,
                     [&](const rte_mempool_ops& ops) { return driver == ops.name; });
}

// As rte_pktmbuf_pool_create() makes it, which takes no flags.
rte_mempool* make_pool(const std::string& name, std::uint32_t buffers, std::uint32_t room, int node,
                       unsigned flags) {
  rte_pktmbuf_pool_private priv{};
  priv.mbuf_data_room_size = static_cast<std::uint16_t>(RTE_PKTMBUF_HEADROOM + room);
  const unsigned bytes = static_cast<unsigned>(sizeof(rte_mbuf)) + priv.mbuf_data_room_size;
  rte_mempool* pool =
      ::rte_mempool_create_empty(name.c_str(), buffers, bytes, kPerThread, sizeof(priv), node, flags);
  if (pool == nullptr) return nullptr;
  if (::rte_mempool_set_ops_byname(pool, ::rte_mbuf_best_mempool_ops(), nullptr) != 0) {
    ::rte_mempool_free(pool);
    return nullptr;
  }
  ::rte_pktmbuf_pool_init(pool, &priv);
  if (::rte_mempool_populate_default(pool) < 0) {
    ::rte_mempool_free(pool);
    return nullptr;
  }
  ::rte_mempool_obj_iter(pool, ::rte_pktmbuf_init, nullptr);
  return pool;
}

std::vector<rte_eth_rss_reta_entry64> whole_table(std::uint16_t entries) {
  std::vector<rte_eth_rss_reta_entry64> table((entries + RTE_ETH_RETA_GROUP_SIZE - 1U) /
                                              RTE_ETH_RETA_GROUP_SIZE);
  for (auto& group : table) group.mask = ~std::uint64_t{0};
  return table;
}

std::string before_comma(const std::string& device) {
  return device.substr(0, device.find(','));
}

}  // namespace

std::uint32_t memory_mb(const DeviceOptions& options) {
  // Beside its room each has its own two lines of DPDK's, the pool's one, and the room before the frame.
  constexpr std::uint64_t kBeside = 128 + 64 + RTE_PKTMBUF_HEADROOM;
  const std::uint64_t a_core = receive_wanted(options) * (kReceiveRoom + jumbo(options) + kBeside) +
                               transmit_wanted(options) * (kTransmitRoom + kBeside);
  const std::uint64_t all = options.cores * a_core + kSpareBuffers * (kTransmitRoom + kBeside);
  return static_cast<std::uint32_t>(all * 5 / 4 >> 20U) + 64;
}

std::string Device::refuses(const std::string& what, int error) const {
  return "the port " + name_ + " (" + driver_ + ") refuses " + what + ": " + ::rte_strerror(std::abs(error));
}

base::Result<std::unique_ptr<Device>, std::string> Device::open(const DeviceOptions& options) {
  CHECK(options.cores > 0);
  std::unique_ptr<Device> device(new Device());
  if (auto done = device->find(options); !done) return unexpected(done.error());
  if (auto done = device->make_pools(options); !done) return unexpected(done.error());
  if (auto done = device->configure(options); !done) return unexpected(done.error());
  device->hash_ = device->read_hash();
  if (!device->hash_.empty() && !device->hash_.fills(device->cores_)) {
    device->fill_queues_by_hash();
    device->hash_ = device->read_hash();
  }
  return device;
}

Outcome Device::find(const DeviceOptions& options) {
  name_ = before_comma(options.name);
  known_before_ = ::rte_eth_dev_get_port_by_name(name_.c_str(), &number_) == 0;
  if (!known_before_) {
    if (is_card(name_)) {
      if (auto usable = check_card(name_); !usable) return usable;
    }
    const int error = ::rte_dev_probe(options.name.c_str());
    if (error != 0 || ::rte_eth_dev_get_port_by_name(name_.c_str(), &number_) != 0) {
      if (is_card(name_))
        return unexpected("no driver of DPDK's takes the card " + name_ +
                          ": install it (Debian: librte-meta-net), or look in the log for what it lacks");
      return unexpected(
          "DPDK makes no port of \"" + options.name + "\" (" +
          (error == 0 ? "it is of another kind" : ::rte_strerror(std::abs(error))) +
          "): look at the driver's name, which ends in a number, at its arguments, and at the log");
    }
  }
  cores_ = options.cores;
  rte_eth_dev_info info{};
  if (const int error = ::rte_eth_dev_info_get(number_, &info); error != 0) {
    return unexpected(refuses("to tell of itself", error));
  }
  driver_ = info.driver_name;
  if (info.max_rx_queues < cores_ || info.max_tx_queues < cores_) {
    return unexpected("the port " + name_ + " has " +
                      std::to_string(std::min(info.max_rx_queues, info.max_tx_queues)) + " queues, and " +
                      std::to_string(cores_) + " cores need one each: take fewer cores, or give it more");
  }
  spare_queue_ = info.max_tx_queues > cores_;
  receive_descriptors_ = options.receive_descriptors;
  transmit_descriptors_ = options.transmit_descriptors;
  rte_ether_addr mac{};
  if (::rte_eth_macaddr_get(number_, &mac) == 0) std::copy_n(mac.addr_bytes, mac_.size(), mac_.begin());
  return {};
}

Outcome Device::make_pools(const DeviceOptions& options) {
  if (const std::string_view driver = ::rte_mbuf_best_mempool_ops(); !has_pools_of(driver)) {
    return unexpected("DPDK's driver " + std::string(driver) +
                      " for pools of packets is missing: apt install librte-meta-mempool");
  }
  const int node = ::rte_eth_dev_socket_id(number_);
  // AF_XDP's driver gives the kernel as much of a pool's memory as its buffers would fill without a gap, and
  // a frame in a buffer behind that is not sent (tx_invalid_descs), or never received. A card, on the other
  // hand, must not have a buffer on two pages.
  const unsigned flags = is_xdp(options) ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0;
  const auto make = [&](std::uint32_t buffers, std::uint32_t room) {
    const std::string name = "tutti" + std::to_string(number_) + "." + std::to_string(pools_.size());
    rte_mempool* pool = make_pool(name, buffers, room, node, flags);
    if (pool != nullptr) pools_.push_back(pool);
    return pool != nullptr;
  };
  for (std::uint16_t core = 0; core < cores_; ++core) {
    const std::uint32_t receive = receive_wanted(options);
    const std::uint32_t transmit = transmit_wanted(options);
    if (!make(receive, kReceiveRoom + jumbo(options)) || !make(transmit, kTransmitRoom)) {
      return unexpected("there is no memory for " + std::to_string(receive + transmit) +
                        " packet buffers of the port " + name_ +
                        ": give DPDK more (memory_mb, and huge pages to match), or take fewer participants");
    }
  }
  if (!make(kSpareBuffers, kTransmitRoom)) return unexpected(std::string("there is no memory for packets"));
  return {};
}

Outcome Device::configure(const DeviceOptions& options) {
  rte_eth_dev_info info{};
  ::rte_eth_dev_info_get(number_, &info);
  rte_eth_conf configuration{};
  offloads_.received = ReceiveOffloads::choose((info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0,
                                               (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_UDP_CKSUM) != 0,
                                               options.kernel_beside);
  offloads_.transmit_udp_checksum = (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0;
  if (offloads_.received.ipv4_checksum) configuration.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  if (offloads_.received.udp_checksum) configuration.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
  if (offloads_.transmit_udp_checksum) configuration.txmode.offloads |= RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
  configuration.rxmode.mtu = options.mtu;
  const auto key_bytes =
      std::min<std::size_t>(info.hash_key_size == 0 ? kKeyBytesMin : info.hash_key_size, kKey.size());
  auto key = kKey;
  const std::uint64_t hashed = info.flow_type_rss_offloads & kHashed;
  if (cores_ > 1 && hashed != 0) {
    configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    configuration.rx_adv_conf.rss_conf = {key.data(), static_cast<std::uint8_t>(key_bytes), hashed};
  }
  const auto transmit_queues = [this] { return static_cast<std::uint16_t>(cores_ + (spare_queue_ ? 1 : 0)); };
  int refused = ::rte_eth_dev_configure(number_, cores_, transmit_queues(), &configuration);
  if (refused != 0 && spare_queue_) {
    spare_queue_ = false;  // some drivers want as many of the one kind as of the other
    refused = ::rte_eth_dev_configure(number_, cores_, transmit_queues(), &configuration);
  }
  if (refused != 0) {
    return unexpected(
        refuses(std::to_string(cores_) + " queues and an MTU of " + std::to_string(options.mtu), refused));
  }
  configured_ = true;
  ::rte_eth_dev_adjust_nb_rx_tx_desc(number_, &receive_descriptors_, &transmit_descriptors_);
  const auto node = static_cast<unsigned>(::rte_eth_dev_socket_id(number_));
  for (std::uint16_t queue = 0; queue < cores_; ++queue) {
    const int error =
        ::rte_eth_rx_queue_setup(number_, queue, receive_descriptors_, node, nullptr, receive_pool(queue));
    if (error != 0) return unexpected(refuses("a receive queue", error));
  }
  for (std::uint16_t queue = 0; queue < transmit_queues(); ++queue) {
    const int error = ::rte_eth_tx_queue_setup(number_, queue, transmit_descriptors_, node, nullptr);
    if (error != 0) return unexpected(refuses("a transmit queue", error));
  }
  // Virtual ones know no MTU: then it is that of what they stand on.
  std::uint16_t mtu = 0;
  if (::rte_eth_dev_get_mtu(number_, &mtu) == 0 && mtu < options.mtu) {
    ::rte_eth_dev_set_mtu(number_, options.mtu);
  }
  if (const int error = ::rte_eth_dev_start(number_); error != 0)
    return unexpected(refuses("to start", error));
  // IPv6 finds its neighbours by multicast.
  if (options.promiscuous || ::rte_eth_allmulticast_enable(number_) != 0) {
    ::rte_eth_promiscuous_enable(number_);
  }
  return {};
}

HashSpread Device::read_hash() const {
  rte_eth_dev_info info{};
  ::rte_eth_dev_info_get(number_, &info);
  if (cores_ == 1 || info.reta_size == 0) return {};
  std::array<std::uint8_t, kKey.size()> key{};
  rte_eth_rss_conf told{key.data(), static_cast<std::uint8_t>(key.size()), 0};
  if (::rte_eth_dev_rss_hash_conf_get(number_, &told) != 0 || (told.rss_hf & kHashed) == 0) return {};
  if (told.rss_key_len < kKeyBytesMin || told.rss_key_len > key.size()) return {};
  auto table = whole_table(info.reta_size);
  if (::rte_eth_dev_rss_reta_query(number_, table.data(), info.reta_size) != 0) return {};
  std::vector<std::uint16_t> queues;
  for (std::size_t i = 0; i < info.reta_size; ++i) {
    queues.push_back(table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE]);
  }
  return HashSpread({key.begin(), key.begin() + told.rss_key_len}, std::move(queues),
                    (told.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_UDP) != 0,
                    (told.rss_hf & RTE_ETH_RSS_NONFRAG_IPV6_UDP) != 0);
}

// In turn; where the driver refuses, its own table stays.
void Device::fill_queues_by_hash() const {
  rte_eth_dev_info info{};
  ::rte_eth_dev_info_get(number_, &info);
  auto table = whole_table(info.reta_size);
  for (std::size_t i = 0; i < info.reta_size; ++i) {
    table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
        static_cast<std::uint16_t>(i % cores_);
  }
  ::rte_eth_dev_rss_reta_update(number_, table.data(), info.reta_size);
}

Device::~Device() {
  if (configured_) ::rte_eth_dev_stop(number_);
  if (!known_before_ && !driver_.empty()) {
    rte_eth_dev_info info{};
    const bool told = ::rte_eth_dev_info_get(number_, &info) == 0;
    ::rte_eth_dev_close(number_);
    if (told && info.device != nullptr) ::rte_dev_remove(info.device);
  }
  for (rte_mempool* pool : pools_) ::rte_mempool_free(pool);
}

bool Device::link_up() const {
  rte_eth_link link{};
  return ::rte_eth_link_get_nowait(number_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

std::string Device::link_complaint() const {
  return "the port " + name_ +
         " is down: look at its cable, at the other end, or set the interface under it up";
}

Outcome Device::wait_for_link(std::chrono::milliseconds patience) const {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!link_up()) {
    if (std::chrono::steady_clock::now() >= until) {
      return unexpected(link_complaint());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

std::vector<std::pair<std::string, std::uint64_t>> Device::statistics() const {
  const int count = ::rte_eth_xstats_get_names(number_, nullptr, 0);
  if (count <= 0) return {};
  const auto size = static_cast<std::size_t>(count);
  std::vector<rte_eth_xstat_name> names(size);
  std::vector<rte_eth_xstat> values(size);
  const auto asked = static_cast<unsigned>(count);
  if (::rte_eth_xstats_get_names(number_, names.data(), asked) != count ||
      ::rte_eth_xstats_get(number_, values.data(), asked) != count) {
    return {};
  }
  std::vector<std::pair<std::string, std::uint64_t>> all;
  all.reserve(size);
  for (const rte_eth_xstat& each : values) all.emplace_back(names[each.id].name, each.value);
  return all;
}

std::size_t Device::receive_buffers(std::uint16_t core) const {
  return receive_pool(core)->size;
}

std::size_t Device::transmit_buffers(std::uint16_t core) const {
  return transmit_pool(core)->size;
}

std::size_t Device::spare_buffers() const {
  return spare_pool()->size;
}

std::size_t Device::free_receive_buffers(std::uint16_t core) const {
  return ::rte_mempool_avail_count(receive_pool(core));
}

std::size_t Device::free_transmit_buffers(std::uint16_t core) const {
  return ::rte_mempool_avail_count(transmit_pool(core));
}

std::size_t Device::free_spare_buffers() const {
  return ::rte_mempool_avail_count(spare_pool());
}

std::size_t Device::buffers() const {
  std::size_t all = 0;
  for (const rte_mempool* pool : pools_) all += pool->size;
  return all;
}

std::size_t Device::free_buffers() const {
  std::size_t all = 0;
  for (const rte_mempool* pool : pools_) all += ::rte_mempool_avail_count(pool);
  return all;
}

}  // namespace tutti::dpdk
