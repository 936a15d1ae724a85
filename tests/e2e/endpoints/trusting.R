# What httr2 asks for trusts the certificates of the local Azure; libcurl, which it asks with, reads no variable for that.
setHook(packageEvent("httr2", "attach"), function(...) {
  attached <- as.environment("package:httr2")
  own <- get("request", attached)
  unlockBinding("request", attached)
  assign("request", function(base_url) {
    httr2::req_options(own(base_url), cainfo = Sys.getenv("SSL_CERT_FILE"))
  }, attached)
})
