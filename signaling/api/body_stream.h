// BodyStream: a body without an end: what a response goes on to send, as there comes something to tell.
#pragma once

#include <functional>
#include <string>

namespace tutti::api {

// Thread: HTTP's; one call at a time.
class BodyStream {
 public:
  struct Piece {
    std::string bytes;
    bool last = false;  // the body ends behind it
  };

  virtual ~BodyStream() = default;

  // Comes before all else. `wake` has next() called soon; any thread may call it, at any time, and it does
  // not block.
  virtual void start(std::function<void()> wake) = 0;
  // What to send now; empty where nothing is to be told before the next wake(). Not called while anything of
  // the piece before it is unsent: who reads slowly holds up its own stream, and one piece of memory.
  virtual Piece next() = 0;
  // What to send when nothing was for so long that somebody might think the connection dead.
  virtual std::string sign_of_life() = 0;
};

}  // namespace tutti::api
