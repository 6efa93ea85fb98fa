// ConfigurationError: what is wrong in a file, where, and what to do about it.
#pragma once

#include <cstdint>
#include <string>

namespace tutti::server {

struct ConfigurationError {
  std::string file;
  std::uint32_t line = 0;  // from 1; 0 = the file as a whole
  std::uint32_t column = 0;
  std::string text;
};

// "tuttid.toml:3:1: unknown key ..."
std::string to_string(const ConfigurationError& error);

}  // namespace tutti::server
