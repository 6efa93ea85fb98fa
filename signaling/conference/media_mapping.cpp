#include "signaling/conference/media_mapping.h"

namespace tutti::conference {
namespace {

codec::CodecId to_codec_id(sdp::AudioCodec codec) {
  return codec == sdp::AudioCodec::kPcmu ? codec::CodecId::kPcmu : codec::CodecId::kPcma;
}

}  // namespace

mailbox::MediaParameters to_media_parameters(const sdp::MediaPlan& plan, const MediaEndpoint& endpoint,
                                             const MediaRules& rules) {
  mailbox::MediaParameters media;
  media.remote_rtp = plan.remote_rtp;
  media.remote_rtcp = plan.remote_rtcp;
  for (const sdp::CodecChoice& choice : plan.codecs) {
    if (media.codec_count == mailbox::MediaParameters::kCodecsMax) break;
    media.codecs[media.codec_count++] = {rtp::PayloadType{choice.payload_type}, to_codec_id(choice.codec)};
  }
  if (plan.telephone_event) media.telephone_event = rtp::PayloadType{*plan.telephone_event};
  media.ptime_ms = plan.ptime_ms;
  media.may_send = sdp::may_send(plan.direction);
  media.may_receive = sdp::may_receive(plan.direction);
  media.rtcp_mux = endpoint.handles.rtcp == base::EndpointHandles::kNone;
  if (media.rtcp_mux) media.remote_rtcp = media.remote_rtp;
  media.silence_timeout_s = rules.silence_timeout_s;
  return media;
}

mailbox::MediaParameters listening_parameters(const MediaEndpoint& endpoint, const MediaRules& rules) {
  sdp::MediaPlan plan;
  plan.codecs = sdp::offered_codecs(rules.codecs);
  plan.telephone_event = sdp::kOfferedTelephoneEvent;
  plan.direction = sdp::Direction::kRecvOnly;
  return to_media_parameters(plan, endpoint, rules);
}

}  // namespace tutti::conference
