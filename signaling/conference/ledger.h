// Ledger: what is held at this moment; all of it is zero when nobody is in a call, or something leaks.
#pragma once

#include <cstddef>

namespace tutti::conference {

struct Ledger {
  std::size_t dialogs = 0;       // from INVITE until the last BYE is answered
  std::size_t participants = 0;  // known to the focus, joining and leaving ones too
  std::size_t ports = 0;         // media endpoints open
  std::size_t streams = 0;       // attached, as the cores count
  std::size_t rooms = 0;         // shares held open on cores: a large room is several; an empty one is none

  bool operator==(const Ledger&) const = default;
  bool zero() const { return *this == Ledger{}; }
};

}  // namespace tutti::conference
