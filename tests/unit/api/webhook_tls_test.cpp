// Webhooks over TLS: whose certificate is taken, and what is said of one that is not.
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/support/webhook_receiver.h"
#include "tests/unit/conference/journal_fixture.h"

namespace tutti::api {
namespace {

using namespace conference;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

// A certificate with its key; an authority signs others.
struct Identity {
  Key key{EVP_EC_gen("P-256")};
  Certificate certificate{X509_new()};
};

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// `names` as "DNS:localhost"; empty: an authority. Valid until `seconds` from now. Signed by `by`, or by
// itself.
Identity make_identity(const std::string& name, const std::string& names, const Identity* by,
                       long seconds = 3'600) {
  static long serial = 0;
  Identity made;
  X509* const certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7'200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const Identity& signer = by != nullptr ? *by : made;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
  add_extension(certificate, NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
  if (!names.empty()) add_extension(certificate, NID_subject_alt_name, names);
  EXPECT_GT(X509_sign(certificate, signer.key.get(), EVP_sha256()), 0);
  return made;
}

// A file that the authority's certificate is in.
class AuthorityFile {
 public:
  explicit AuthorityFile(const Identity& authority) {
    FILE* const file = fdopen(mkstemp(name_.data()), "w");
    PEM_write_X509(file, authority.certificate.get());
    std::fclose(file);
  }
  ~AuthorityFile() { ::unlink(name_.c_str()); }
  AuthorityFile(const AuthorityFile&) = delete;
  AuthorityFile& operator=(const AuthorityFile&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_ = "/tmp/tutti_authority_XXXXXX";
};

// Answers 204 to whoever agrees on TLS with it.
class TlsReceiver {
 public:
  explicit TlsReceiver(const Identity& shown) { show(shown); }

  // From the next connection on.
  void show(const Identity& identity) {
    Context context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
  }
  // Bytes of requests that came through.
  std::size_t received() const { return received_; }
  std::string asked_for() {
    const std::lock_guard lock(mutex_);
    return asked_for_;
  }

  const std::string& port() const { return listener_.port(); }

 private:
  void serve(int fd) {
    std::unique_ptr<SSL, Freed<SSL_free>> tls;
    {
      const std::lock_guard lock(mutex_);
      tls.reset(SSL_new(context_.get()));
    }
    SSL_set_fd(tls.get(), fd);
    if (SSL_accept(tls.get()) != 1) return;
    const char* const name = SSL_get_servername(tls.get(), TLSEXT_NAMETYPE_host_name);
    {
      const std::lock_guard lock(mutex_);
      asked_for_ = name != nullptr ? name : "";
    }
    std::string request;
    std::array<char, 4'096> bytes{};
    while (request.find("]}") == std::string::npos) {
      const int got = SSL_read(tls.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (got <= 0) break;
      request.append(bytes.data(), static_cast<std::size_t>(got));
    }
    received_ += request.size();
    if (!request.empty()) SSL_write(tls.get(), kOk, static_cast<int>(std::string_view(kOk).size()));
    SSL_shutdown(tls.get());
  }

  std::mutex mutex_;
  Context context_;
  std::string asked_for_;
  std::atomic<std::size_t> received_{0};
  LoopbackListener listener_{[this](int connection) {  // dies first
    serve(connection);
    return true;
  }};
};

class WebhookTls : public testing::Test {
 protected:
  // OpenSSL writes to sockets whose far end is gone.
  WebhookTls() { std::signal(SIGPIPE, SIG_IGN); }

  void start(const TlsReceiver& receiver, const std::string& host = "localhost") {
    std::vector<WebhookConfig> one;
    one.push_back(
        {*parse_webhook_url("https://" + host + ':' + receiver.port() + "/hook"), {}, "", file_.name()});
    webhooks_ =
        std::make_unique<Webhooks>(journal_, std::move(one), kQuick, [this](const std::string& sentence) {
          const std::lock_guard lock(mutex_);
          told_.push_back(sentence);
        });
    emit_digits(journal_, "a", 3);
  }
  void expect_delivered() {
    while (webhooks_->status()[0].delivered < 3) std::this_thread::yield();
  }
  // Tried again and again, and the same said where a person looks: in the status, and once in the log.
  void expect_refused(const TlsReceiver& receiver, const std::string& why) {
    while (webhooks_->status()[0].tries_in_vain < 3) std::this_thread::yield();
    const WebhookStatus status = webhooks_->status()[0];
    EXPECT_EQ(status.last_error, why);
    EXPECT_EQ(status.delivered, 0U);
    EXPECT_EQ(status.waiting, 3U);
    EXPECT_EQ(receiver.received(), 0U) << "nothing is told to who cannot prove who it is";
    const std::lock_guard lock(mutex_);
    EXPECT_THAT(told_, testing::ElementsAre("webhook " + status.receiver + " is tried again: " + why));
  }

  const Identity authority_ = make_identity("Tutti's test authority", "", nullptr);
  const AuthorityFile file_{authority_};
  EventJournal journal_;
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::unique_ptr<Webhooks> webhooks_;
};

TEST_F(WebhookTls, TakesACertificateOfItsHostAndAuthority) {
  TlsReceiver receiver(make_identity("any", "DNS:other.example,DNS:localhost", &authority_));
  start(receiver);
  expect_delivered();
  EXPECT_EQ(webhooks_->status()[0].failures, 0U);
  EXPECT_EQ(receiver.asked_for(), "localhost");
  webhooks_.reset();
  EXPECT_THAT(told_, testing::IsEmpty());
}

TEST_F(WebhookTls, TakesACertificateOfItsAddress) {
  TlsReceiver receiver(make_identity("any", "IP:127.0.0.1", &authority_));
  start(receiver, "127.0.0.1");
  expect_delivered();
  EXPECT_EQ(receiver.asked_for(), "") << "an address is no name (RFC 6066, 3)";
}

TEST_F(WebhookTls, RefusesACertificateOfAnotherHostUntilItIsRight) {
  // What stands in CN is not looked at where there are names.
  TlsReceiver receiver(make_identity("localhost", "DNS:localhost.example,DNS:*ocalhost", &authority_));
  start(receiver);
  expect_refused(receiver, "its certificate is not of localhost");
  receiver.show(make_identity("any", "DNS:localhost", &authority_));
  expect_delivered();
  webhooks_.reset();
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_THAT(told_[1], testing::EndsWith(" takes events again"));
}

TEST_F(WebhookTls, RefusesACertificateOfAnotherAddress) {
  TlsReceiver receiver(make_identity("127.0.0.1", "DNS:localhost,IP:127.0.0.2", &authority_));
  start(receiver, "127.0.0.1");
  expect_refused(receiver, "its certificate is not of 127.0.0.1");
}

TEST_F(WebhookTls, RefusesAnAuthorityThatItDoesNotKnow) {
  const Identity stranger = make_identity("Somebody's authority", "", nullptr);
  TlsReceiver receiver(make_identity("localhost", "DNS:localhost", &stranger));
  start(receiver);
  expect_refused(receiver, "its certificate is not trusted: unable to get local issuer certificate");
}

TEST_F(WebhookTls, RefusesAnAuthorityOfTheSameName) {
  const Identity stranger = make_identity("Tutti's test authority", "", nullptr);
  TlsReceiver receiver(make_identity("localhost", "DNS:localhost", &stranger));
  start(receiver);
  expect_refused(receiver, "its certificate is not trusted: certificate signature failure");
}

TEST_F(WebhookTls, RefusesACertificateThatNobodySigned) {
  TlsReceiver receiver(make_identity("localhost", "DNS:localhost", nullptr));
  start(receiver);
  expect_refused(receiver, "its certificate is not trusted: self-signed certificate");
}

TEST_F(WebhookTls, RefusesACertificateWhoseTimeIsOver) {
  TlsReceiver receiver(make_identity("localhost", "DNS:localhost", &authority_, -60));
  start(receiver);
  expect_refused(receiver, "its certificate is not trusted: certificate has expired");
}

}  // namespace
}  // namespace tutti::api
