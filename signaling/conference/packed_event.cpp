#include "signaling/conference/packed_event.h"

#include <bit>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

template <typename T, typename Plain>
concept Is = std::same_as<std::remove_const_t<T>, Plain>;

// The members of each struct, once for both ways. A binding that leaves one out does not compile.

void pass(auto& way, Is<ParticipantInfo> auto& info) {
  auto& [id, dialog, conference, uri, display_name, role, status, dialled_out, entering_pin, waiting, muted,
         deaf, held, gain_in_db, gain_out_db, muted_by_itself, coachee, codec, local_rtp, remote_rtp,
         joined_at, stay, talking, level_dbov, silence, packets_received, packets_sent, packets_lost,
         packets_dropped, loss_percent, jitter_ms, round_trip_ms, delay_ms, mos] = info;
  way(id, dialog, conference, uri, display_name, role, status, dialled_out, entering_pin, waiting, muted,
      deaf, held, gain_in_db, gain_out_db, muted_by_itself, coachee, codec, local_rtp, remote_rtp, joined_at,
      stay, talking, level_dbov, silence, packets_received, packets_sent, packets_lost, packets_dropped,
      loss_percent, jitter_ms, round_trip_ms, delay_ms, mos);
}

void pass(auto& way, Is<ConferenceStatistics> auto& statistics) {
  auto& [state, created_at, duration, mixing, participants_total, participants_active,
         participants_with_audio, talkers, loudest, ticks, late_ticks, mixing_us, loss_percent, jitter_ms,
         mos] = statistics;
  way(state, created_at, duration, mixing, participants_total, participants_active, participants_with_audio,
      talkers, loudest, ticks, late_ticks, mixing_us, loss_percent, jitter_ms, mos);
}

void pass(auto& way, Is<base::SocketAddress> auto& address) {
  auto& [ip, port, family] = address;
  way(family, port);
  const std::size_t bytes = family == base::AddressFamily::kIpv4 ? 4 : ip.size();
  if (family == base::AddressFamily::kNone) return;
  for (std::size_t i = 0; i < bytes; ++i) way(ip[i]);
}

// The details, by how many members they have.
template <typename T>
concept HasNone = std::is_empty_v<T>;
template <typename T>
concept HasOne = Is<T, ConferenceCreated> || Is<T, ConfigurationChanged> || Is<T, StatsUpdated> ||
    Is<T, ActiveSpeakerChanged> || Is<T, RecordingStarted> || Is<T, RecordingStopped> ||
    Is<T, ParticipantJoined> || Is<T, ParticipantMediaEstablished> || Is<T, ParticipantMediaTerminated> ||
    Is<T, DtmfReceived>;
template <typename T>
concept HasTwo = Is<T, ConferenceTerminated> || Is<T, ConferenceStateChanged> || Is<T, ConferenceFailed> ||
    Is<T, ParticipantLeft> || Is<T, ParticipantStatusChanged> || Is<T, ParticipantFailed>;

void pass(auto&, HasNone auto&) {}
void pass(auto& way, HasOne auto& detail) {
  auto& [only] = detail;
  way(only);
}
void pass(auto& way, HasTwo auto& detail) {
  auto& [first, second] = detail;
  way(first, second);
}

// Small numbers of either sign are small.
std::uint64_t to_zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t from_zigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// Zero and round numbers have their set bits in front, which makes them small from behind.
std::uint64_t from_behind(std::uint64_t bits) {
  return __builtin_bswap64(bits);
}

class Writer {
 public:
  explicit Writer(std::vector<std::uint8_t>& out) : out_(out) {}

  template <typename... Members>
  void operator()(const Members&... members) {
    (put(members), ...);
  }

 private:
  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      put(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      put_varint(from_behind(std::bit_cast<std::uint64_t>(value)), out_);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      put_varint(to_zigzag(value), out_);
    } else if constexpr (std::is_integral_v<T>) {
      put_varint(value, out_);
    } else {
      pass(*this, value);
    }
  }
  void put(const std::string& text) {
    put_varint(text.size(), out_);
    out_.insert(out_.end(), text.begin(), text.end());
  }
  void put(const std::vector<std::string>& texts) {
    put_varint(texts.size(), out_);
    for (const std::string& text : texts) put(text);
  }
  void put(std::chrono::system_clock::time_point at) { put(at.time_since_epoch()); }
  template <typename Period>
  void put(std::chrono::duration<std::int64_t, Period> length) {
    put(std::int64_t{length.count()});
  }

  std::vector<std::uint8_t>& out_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> packed) : packed_(packed) {}

  bool at_end() const { return packed_.empty(); }

  template <typename... Members>
  void operator()(Members&... members) {
    (take(members), ...);
  }

 private:
  template <typename T>
  void take(T& value) {
    if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      take(number);
      value = static_cast<T>(number);
    } else if constexpr (std::is_floating_point_v<T>) {
      value = std::bit_cast<T>(from_behind(take_varint(packed_)));
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      value = static_cast<T>(from_zigzag(take_varint(packed_)));
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(take_varint(packed_));
    } else {
      pass(*this, value);
    }
  }
  void take(std::string& text) {
    const std::size_t size = take_varint(packed_);
    CHECK(size <= packed_.size());
    text.assign(packed_.begin(), packed_.begin() + static_cast<std::ptrdiff_t>(size));
    packed_ = packed_.subspan(size);
  }
  void take(std::vector<std::string>& texts) {
    texts.resize(take_varint(packed_));
    for (std::string& text : texts) take(text);
  }
  void take(std::chrono::system_clock::time_point& at) {
    std::chrono::system_clock::duration since{};
    take(since);
    at = std::chrono::system_clock::time_point(since);
  }
  template <typename Period>
  void take(std::chrono::duration<std::int64_t, Period>& length) {
    std::int64_t count = 0;
    take(count);
    length = std::chrono::duration<std::int64_t, Period>(count);
  }

  std::span<const std::uint8_t> packed_;
};

template <std::size_t... Index>
EventDetail detail_of(std::size_t index, std::index_sequence<Index...>) {
  EventDetail detail;
  const bool found = ((Index == index && (detail.emplace<Index>(), true)) || ...);
  CHECK(found);
  return detail;
}

}  // namespace

void put_varint(std::uint64_t value, std::vector<std::uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

std::uint64_t take_varint(std::span<const std::uint8_t>& packed) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    CHECK(!packed.empty() && shift < 64);
    const std::uint8_t byte = packed.front();
    packed = packed.subspan(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
}

void pack(const ConferenceEvent& event, std::vector<std::uint8_t>& out) {
  Writer write(out);
  const std::size_t kind = event.detail.index();
  write(event.at, event.participant, kind);
  std::visit([&write](const auto& detail) { pass(write, detail); }, event.detail);
}

ConferenceEvent unpack(std::span<const std::uint8_t> packed) {
  Reader read(packed);
  ConferenceEvent event;
  std::size_t kind = 0;
  read(event.at, event.participant, kind);
  event.detail = detail_of(kind, std::make_index_sequence<std::variant_size_v<EventDetail>>());
  std::visit([&read](auto& detail) { pass(read, detail); }, event.detail);
  CHECK(read.at_end());
  return event;
}

}  // namespace tutti::conference
