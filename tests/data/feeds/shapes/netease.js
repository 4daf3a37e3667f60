data_callback([
 {
  "title": "淘宝严厉打击利用AI假图欺骗消费者",
  "digest": "",
  "docurl": "https://news.example/c/4242.html",
  "commenturl": "",
  "tienum": 12,
  "tlink": "https://news.example/c/4242.html",
  "keywords": [
   {
    "akey_link": "/k",
    "keyname": "AI"
   }
  ],
  "time": "09/24/2026 12:00:33",
  "newstype": "article",
  "imgurl": "",
  "channelname": "yaowen",
  "source": "新华网",
  "point": "60"
 }
])