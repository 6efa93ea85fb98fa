#include "signaling/api/response.h"

#include <nlohmann/json.hpp>

#include "signaling/api/json_shapes.h"

namespace tutti::api {
namespace {

Response write(int status, std::string_view detail, std::string_view instance, std::string_view error) {
  Json body;
  body["type"] = "about:blank";
  body["title"] = title(status);
  body["status"] = status;
  body["detail"] = detail;
  if (!instance.empty()) body["instance"] = instance;
  if (!error.empty()) body["error"] = error;
  return {status, "application/problem+json", dump(body), {}};
}

}  // namespace

Response problem(int status, std::string_view detail, std::string_view instance) {
  return write(status, detail, instance, "");
}

Response problem(const conference::Failure& failure, std::string_view instance) {
  const int status = conference::http_status(failure.error);
  Response response = write(status, failure.detail, instance, conference::to_string(failure.error));
  if (status == 503) response.headers.emplace_back("Retry-After", "5");
  return response;
}

std::string_view title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

}  // namespace tutti::api
