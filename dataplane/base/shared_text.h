// SharedText: a text that several keep, and nobody changes.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace tutti::base {

// As long as one of them is kept. Thread: any, each its own.
class SharedText {
 public:
  SharedText() = default;  // empty
  SharedText(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  const std::string& str() const {
    static const std::string kNone;
    return text_ ? *text_ : kNone;
  }
  bool empty() const { return str().empty(); }

 private:
  std::shared_ptr<const std::string> text_;  // null: empty
};

}  // namespace tutti::base
