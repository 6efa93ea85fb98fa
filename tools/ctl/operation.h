// Operation: one command of tuttictl as a row of a table: what is written on the line, and what is asked of
// the server.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "tools/ctl/display.h"
#include "tools/ctl/http_client.h"

namespace tutti::ctl {

enum class Place : std::uint8_t { kPath, kBody };
enum class Kind : std::uint8_t { kText, kInteger, kFlag };

struct Parameter {
  std::string key;    // in the path's {} or the body
  std::string label;  // "ROOM" where it is a word of its own, "--reason" where it is an option
  Place place = Place::kBody;
  Kind kind = Kind::kText;
  std::string help;
  bool needed = true;
  bool many = false;  // a request for each

  bool positional() const { return label[0] != '-'; }
};

struct Operation {
  std::string name;  // on the line
  std::string id;    // operationId in docs/openapi.json
  std::string group;
  std::string help;
  std::string method;
  std::string path;  // "/rooms/{room}"
  std::vector<Parameter> parameters;
  View view = View::kDone;
};

// All that are one request each.
std::span<const Operation> operations();

// Given by the person, by a parameter's label; those that were left out are not there.
using Values = std::map<std::string, std::string>;

// Errors: one sentence, where a number is none.
base::Result<HttpRequest, std::string> make_request(const Operation& operation, const Values& values);

// "display_name=Board", "pin=0815", "mixing=false", "linger_s=null": members of the body of a PATCH (RFC
// 7396), as JSON. Errors: one sentence.
base::Result<std::string, std::string> settings_patch(const std::vector<std::string>& assignments);
// The body that makes a room; `name` empty: one is made up. `patch` is settings_patch()'s.
std::string new_room(const std::string& name, const std::string& patch);

}  // namespace tutti::ctl
