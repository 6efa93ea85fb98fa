#include "signaling/server/dpdk_keys.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "signaling/server/key_kinds.h"

namespace tutti::server {
namespace {

using C = Configuration;

constexpr std::string_view kSection = "dataplane.dpdk";
constexpr std::string_view kKernelPaths[] = {"none", "tap"};
constexpr std::size_t kDevicesMax = 1;
constexpr std::size_t kAddressesMax = 64;
constexpr std::size_t kTextMax = 512;
constexpr std::uint32_t kKernelParticipantsMax = 32'768;  // of a core: io_uring's buffers

// "10.0.0.2/24", "2001:db8::2/64".
std::optional<DpdkConfiguration::Address> parse_address(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ip = base::parse_ip(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (!ip || ip->unspecified() || read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) {
    return std::nullopt;
  }
  const unsigned most = ip->family == base::AddressFamily::kIpv4 ? 32 : 128;
  if (prefix == 0 || prefix > most) return std::nullopt;
  return DpdkConfiguration::Address{*ip, static_cast<std::uint8_t>(prefix)};
}

std::string to_text(const DpdkConfiguration::Address& address) {
  return fmt::format("{}/{}", base::ip_to_string(address.ip), address.prefix);
}

// A list of texts, each once, of which `parse` makes something or nothing.
template <typename Item, typename Parse, typename Show>
Key<C> list(std::string_view name, std::vector<Item> DpdkConfiguration::*member, std::size_t most,
            std::string form, Parse parse, Show show, std::string_view meaning) {
  const auto set = [=](C& target, const KeyValue& value) {
    const auto* given = std::get_if<std::vector<std::string>>(&value);
    if (given == nullptr || given->size() > most) return false;
    std::vector<Item> items;
    for (const std::string& text : *given) {
      const std::optional<Item> item = parse(text);
      if (!item || std::find(items.begin(), items.end(), *item) != items.end()) return false;
      items.push_back(*item);
    }
    target.dpdk.*member = std::move(items);
    return true;
  };
  const auto get = [=](const C& target) {
    std::vector<std::string> texts;
    for (const Item& item : target.dpdk.*member) texts.push_back(show(item));
    return KeyValue(texts);
  };
  return {kSection, name, meaning, std::move(form), set, get};
}

// Not empty, no control characters; what it means is DPDK's business.
std::optional<std::string> parse_text(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char x) { return x >= ' ' && x != '\x7f'; });
  if (text.empty() || text.size() > kTextMax || !plain) return std::nullopt;
  return text;
}

std::string as_it_is(const std::string& text) {
  return text;
}

// Whether the first `prefix` bits are equal.
bool shares_prefix(const base::SocketAddress& a, const base::SocketAddress& b, unsigned prefix) {
  for (unsigned bit = 0; bit < prefix; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if ((a.ip[bit / 8] & mask) != (b.ip[bit / 8] & mask)) return false;
  }
  return a.family == b.family;
}

// Whether the kernel beside the port listens for SIP where calls get their ports.
bool sip_is_among_calls(const Configuration& configuration) {
  const base::SocketAddress& listen = configuration.sip.listen;
  const auto& media = configuration.media;
  const auto& dpdk = configuration.dpdk;
  if (dpdk.kernel_path != KernelPath::kTap) return false;
  if (listen.port < media.rtp_port_low || listen.port > media.rtp_port_high) return false;
  return listen.unspecified() ||
         std::any_of(dpdk.addresses.begin(), dpdk.addresses.end(),
                     [&](const auto& address) { return address.ip == listen.with_port(0); });
}

}  // namespace

std::vector<Key<Configuration>> dpdk_keys() {
  return {
      list(
          "devices", &DpdkConfiguration::devices, kDevicesMax,
          R"(a list of one PCI address or virtual device, such as ["0000:3b:00.0"] or ["net_af_packet0,iface=eth1"])",
          parse_text, as_it_is,
          "What DPDK drives, where cores.backend is \"dpdk\": it carries all media. For more, a bond of "
          "them, whose "
          "members stand in eal."),
      list(
          "addresses", &DpdkConfiguration::addresses, kAddressesMax,
          R"(a list of addresses with their prefix, such as ["192.0.2.10/24", "192.0.2.11/24"], all of one network)",
          parse_address, to_text,
          "Where RTP is taken, instead of media.address; a call has an address and its ports, so that five "
          "addresses hold 131,000 calls with RTCP ports."),
      {kSection, "gateway", "Where what is for other networks is sent; \"\" = nowhere.",
       R"("" or an address of the same network, such as "192.0.2.1", or of the link, such as "fe80::1")",
       [](C& target, const KeyValue& value) {
         const auto* given = std::get_if<std::string>(&value);
         if (given == nullptr) return false;
         const auto ip = given->empty() ? base::SocketAddress{} : base::parse_ip(*given);
         if (!ip || (ip->valid() && ip->unspecified())) return false;
         target.dpdk.gateway = *ip;
         return true;
       },
       [](const C& c) {
         return KeyValue(c.dpdk.gateway.valid() ? base::ip_to_string(c.dpdk.gateway) : std::string());
       }},
      number<C>(
          kSection, "vlan", 0, 4'094, [](auto& c) -> auto& { return c.dpdk.vlan; },
          "The VLAN that media is in (802.1Q); 0 = untagged."),
      number<C>(
          kSection, "receive_descriptors", 64, 32'768,
          [](auto& c) -> auto& { return c.dpdk.receive_descriptors; },
          "Packets that wait in the card for a core, each of which has a queue of its own; with 100,000 "
          "callers a "
          "core 5,000 come in a millisecond."),
      number<C>(
          kSection, "transmit_descriptors", 64, 32'768,
          [](auto& c) -> auto& { return c.dpdk.transmit_descriptors; },
          "Packets of a core that wait to be sent by the card."),
      yes_or_no<C>(
          kSection, "huge_pages", [](auto& c) -> auto& { return c.dpdk.huge_pages; },
          "Whether DPDK's memory is on huge pages that the host has reserved; without, only virtual devices "
          "work."),
      number<C>(
          kSection, "memory_mb", 0, 1'048'576, [](auto& c) -> auto& { return c.dpdk.memory_mb; },
          "DPDK's memory; 0 = what the cores' queues need."),
      choice<C>(
          kSection, "kernel_path", kKernelPaths, R"("none" or "tap")",
          [](auto& c) -> auto& { return c.dpdk.kernel_path; },
          "Whether what is no media goes to the kernel: by an interface tutti0 that has the addresses, so "
          "that "
          "SIP can be bound to them; \"none\" = SIP has an interface of its own."),
      list("eal", &DpdkConfiguration::eal, kAddressesMax,
           R"(a list of arguments, such as ["--file-prefix=tutti"])", parse_text, as_it_is,
           "More arguments of DPDK's environment (EAL)."),
  };
}

std::optional<DpdkFault> find_dpdk_fault(const Configuration& configuration) {
  const auto& cores = configuration.cores;
  const auto& dpdk = configuration.dpdk;
  const auto fault = [](std::string_view key, std::string text) { return DpdkFault{key, std::move(text)}; };
  if (cores.backend != "dpdk") {
    if (cores.participants_per_core <= kKernelParticipantsMax) return std::nullopt;
    return fault("cores.participants_per_core",
                 fmt::format("participants_per_core in [cores]: more than {} need backend = \"dpdk\": the "
                             "kernel has no more buffers for a core",
                             kKernelParticipantsMax));
  }
  if (dpdk.devices.empty()) {
    return fault("cores.backend",
                 "backend = \"dpdk\" and no devices: name the card in [dataplane.dpdk], devices = "
                 "[\"0000:3b:00.0\"]; `tools/host-check --backend dpdk` lists what there is");
  }
  if (dpdk.addresses.empty()) {
    return fault("dataplane.dpdk.devices",
                 "[dataplane.dpdk] has no addresses: add those that media is to have, addresses = "
                 "[\"192.0.2.10/24\"]");
  }
  for (const auto& address : dpdk.addresses) {
    if (!shares_prefix(address.ip, dpdk.addresses[0].ip, address.prefix) ||
        address.prefix != dpdk.addresses[0].prefix) {
      return fault("dataplane.dpdk.addresses",
                   fmt::format("addresses in [dataplane.dpdk]: {} and {} are of two networks: keep one",
                               to_text(address), to_text(dpdk.addresses[0])));
    }
  }
  // IPv6's gateways tell of themselves by their address of the link, which is on every one.
  const auto& network = dpdk.addresses[0];
  const bool of_the_link = dpdk.gateway.link_local() && network.ip.family == dpdk.gateway.family;
  if (dpdk.gateway.valid() && !of_the_link && !shares_prefix(network.ip, dpdk.gateway, network.prefix)) {
    return fault("dataplane.dpdk.gateway",
                 fmt::format("gateway in [dataplane.dpdk]: {} is not in the addresses' network",
                             base::ip_to_string(dpdk.gateway)));
  }
  if (sip_is_among_calls(configuration)) {
    // Not at [sip] listen: a file may leave that out.
    return fault(
        "dataplane.dpdk.kernel_path",
        fmt::format("kernel_path in [dataplane.dpdk]: [sip] listen is {0}, and [media] rtp_ports {1}-{2}: "
                    "a call that gets the port {3} there takes SIP's packets over UDP: let rtp_ports "
                    "begin behind it, or listen have a port outside of them",
                    base::to_string(configuration.sip.listen), configuration.media.rtp_port_low,
                    configuration.media.rtp_port_high, configuration.sip.listen.port));
  }
  if (cores.tx != "socket" || cores.rx != "socket") {
    return fault(cores.tx != "socket" ? "cores.tx" : "cores.rx",
                 "tx and rx in [cores] are for the backend \"uring\": leave them out with \"dpdk\"");
  }
  return std::nullopt;
}

}  // namespace tutti::server
