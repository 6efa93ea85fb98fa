// Pages: a list that the server tells page by page, asked for as one.
#pragma once

#include <string>

#include "dataplane/base/result.h"
#include "tools/ctl/http_client.h"

namespace tutti::ctl {

// As HttpClient::ask(), for any request; behind an answer that has a "next" it asks on, and the lists of all
// pages stand in one. An answer that is no 2xx ends it, and is what is returned.
base::Result<HttpReply, std::string> ask_all(const HttpClient& client, const HttpRequest& request);

}  // namespace tutti::ctl
