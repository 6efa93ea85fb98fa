#include "signaling/server/module_configs.h"

#include <chrono>
#include <utility>

#include "mixer/dsp/speech_gate.h"

namespace tutti::server {

mailbox::Listening listening(const Configuration& configuration) {
  return {configuration.media.jitter_ms, dsp::peak_of_dbov(configuration.media.gate_dbov)};
}

conference::FocusConfig focus_config(const Configuration& configuration) {
  conference::FocusConfig config;
  config.rooms.create_on_dial = configuration.rooms.create_on_dial;
  config.rooms.settings = configuration.rooms.settings;
  config.rooms.max_rooms = configuration.rooms.max_rooms;
  for (const auto& room : configuration.room) {
    config.rooms.rooms.push_back({room.name, room.locked, room.settings});
  }
  config.dial_out = {configuration.rooms.dial_out, configuration.rooms.dial_out_hosts};
  config.pins.tries = configuration.rooms.pin_tries;
  config.pins.address_tries = configuration.rooms.pin_address_tries;
  config.pins.entry_time = std::chrono::seconds(configuration.rooms.pin_entry_s);
  config.pins.lockout = std::chrono::seconds(configuration.rooms.pin_lockout_s);
  config.pins.lockout_max = std::chrono::seconds(configuration.rooms.pin_lockout_max_s);
  config.media.codecs.clear();
  for (const auto& codec : configuration.media.codecs) {
    config.media.codecs.push_back(codec == "PCMU" ? sdp::AudioCodec::kPcmu : sdp::AudioCodec::kPcma);
  }
  config.media.silence_timeout_s = configuration.media.silence_timeout_s;
  config.media.listening = listening(configuration);
  config.admission.by_headroom = configuration.admission.mode == Configuration::Admission::kHeadroom;
  config.admission.headroom_percent = configuration.admission.headroom_percent;
  config.retry_after = std::chrono::seconds(configuration.admission.retry_after_s);
  return config;
}

sip::UserAgentConfig user_agent_config(const Configuration& configuration) {
  sip::UserAgentConfig config;
  config.listen = {configuration.sip.listen};
  config.session_timer.session_expires = std::chrono::seconds(configuration.sip.session_timer_s);
  config.session_timer.min_se = std::chrono::seconds(configuration.sip.min_session_timer_s);
  config.limits.pending_invites = configuration.sip.max_pending_invites;
  config.limits.connections_per_address = configuration.sip.connections_per_address;
  config.limits.retry_after = std::chrono::seconds(configuration.admission.retry_after_s);
  return config;
}

api::HttpLimits http_limits(const Configuration& configuration, std::string token) {
  api::HttpLimits limits;
  limits.requests_per_second = configuration.http.requests_per_second;
  limits.connections_per_address = configuration.http.connections_per_address;
  limits.host_name = configuration.http.name;
  limits.token = std::move(token);
  return limits;
}

}  // namespace tutti::server
