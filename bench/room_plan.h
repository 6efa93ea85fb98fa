// RoomPlan: who of so many callers is in which room, who talks, and who is listened to.
#pragma once

#include <cstdint>
#include <vector>

namespace tutti::bench {

// Thread: any; it never changes.
class RoomPlan {
 public:
  // Whole rooms of 8 that all talk, 4 rooms at least; or all of them in one room, of whom 4 talk.
  RoomPlan(std::uint32_t participants, bool one_room);

  std::uint32_t participants() const { return participants_; }
  bool one_room() const { return one_room_; }
  // What a core has as a conference: a room of 8, or a share of the one room.
  std::uint32_t share_size() const { return share_size_; }
  std::uint32_t shares() const { return (participants_ + share_size_ - 1) / share_size_; }

  bool talks(std::uint32_t caller) const { return !one_room_ || caller % (participants_ / kTalkers) == 0; }
  // Everyone of four rooms; of one room its talkers, and some who do not talk beside each.
  std::vector<std::uint32_t> listened() const;
  // Who else talks in the room of one.
  std::vector<std::uint32_t> talkers_beside(std::uint32_t caller) const;

 private:
  static constexpr std::uint32_t kRoom = 8;
  static constexpr std::uint32_t kTalkers = 4;
  static constexpr std::uint32_t kShare = 256;  // as signaling has it: FocusConfig::share_participants

  // Of one room: in shares far apart, where it has as many.
  std::uint32_t talker(std::uint32_t i) const { return i * (participants_ / kTalkers); }

  std::uint32_t participants_;
  bool one_room_;
  std::uint32_t share_size_;
};

}  // namespace tutti::bench
