// WebhookReply: what a receiver of webhooks answers: its status, and nothing else of it.
#pragma once

#include <cstddef>
#include <string_view>

#include "dataplane/base/result.h"

namespace tutti::api {

constexpr std::size_t kReplyBytesMax = 16 * 1024;  // of its head, with those of 1xx

enum class ReplyFault { kIncomplete, kBroken };

// The final status of the bytes that came so far; 1xx before it are passed over. Any bytes may be given.
base::Result<int, ReplyFault> find_reply_status(std::string_view bytes);

}  // namespace tutti::api
